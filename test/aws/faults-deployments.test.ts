import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { flow } from "millrace";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { isWidest, NOT_WIDEST } from "../widest.ts";
import { isSkipped, startAccount } from "./account.ts";
import { openDeployed, type Deployed } from "./deployed.ts";
import { signedHeaders } from "./sign.ts";
import { clientOf } from "./stack.ts";

const account = !isWidest ? NOT_WIDEST : await startAccount();

/** A version of the flow: each names itself in what its steps leave; the later one has a step more. */
const version = (name: string, middle = "") => `
  import { existsSync, appendFileSync } from "node:fs";
  import { setTimeout as sleep } from "node:timers/promises";
  import { flow } from "millrace";
  import { z } from "zod";

  export default flow("Renewed", { params: { place: z.string() } })
    .step("start", async ({ place }) => {
      appendFileSync(place + "/journal", "${name}\\n");
      while (!existsSync(place + "/go on")) await sleep(20);
      return { began: "${name}" };
    })${middle}
    .step("quick", { compute: "lambda" }, () => ({ quickly: "${name}" }))
    .step("end", () => ({ ended: "${name}" }));`;

const renewed = flow("Renewed")
  .step("start", () => ({ began: "" }))
  .step("quick", () => ({ quickly: "" }))
  .step("end", () => ({ ended: "" }));

describe.skipIf(isSkipped(account))("deployments in an account", { timeout: 120_000 }, () => {
  if (isSkipped(account)) return;
  let service: Deployed;

  function write(file: string, text: string): string {
    const path = join(service.home, file);
    writeFileSync(path, text);
    return path;
  }

  beforeAll(async () => {
    service = await openDeployed(account, "versions");
    symlinkSync(join(import.meta.dirname, "../../node_modules"), join(service.home, "node_modules"));
  }, 240_000);
  afterAll(() => service.close());

  test("a run ends on the code and the machine that it began with, whatever is deployed meanwhile", async () => {
    const places = ["first", "second"].map((name) => {
      const place = join(service.home, name);
      mkdirSync(place);
      writeFileSync(join(place, "journal"), "");
      return place;
    });
    const [first = "", second = ""] = places;
    const begun = (place: string) =>
      vi.waitUntil(() => readFileSync(join(place, "journal"), "utf8") !== "", { timeout: 60_000, interval: 50 });

    await service.deploy(write("renewed.ts", version("one")));
    const before = await service.start(renewed, { place: first });
    await begun(first);
    await service.deploy(write("renewed.ts", version("two", `.step("more", () => ({ more: true }))`)));
    const after = await service.start(renewed, { place: second });
    await begun(second);
    for (const place of places) writeFileSync(join(place, "go on"), "");

    const old = await service.end(renewed, before);
    expect([old.status, { ...old.artifacts("end") }]).toEqual([
      "succeeded",
      { place: first, began: "one", quickly: "one", ended: "one" },
    ]);
    const renovated = await service.end(renewed, after);
    expect([renovated.status, { ...renovated.artifacts("end") }]).toEqual([
      "succeeded",
      { place: second, began: "two", more: true, quickly: "two", ended: "two" },
    ]);
    expect(readFileSync(join(first, "journal"), "utf8")).toBe("one\n");
  });

  test("what a schedule can't start is a dead letter, which says why", async () => {
    const lambda = new LambdaClient(clientOf(account));
    const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
    const dispatch = Functions.find(({ FunctionName }) => FunctionName?.endsWith("-dispatch"));
    // As EventBridge Scheduler calls it, of a time that came while the flow was being taken away.
    const event = { schedule: { flow: "Gone", time: "2026-02-02T00:00:00Z" } };
    await lambda.send(
      new InvokeCommand({
        FunctionName: dispatch?.FunctionName,
        InvocationType: "Event",
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    );
    const letter = await vi.waitUntil(receive, { timeout: 60_000, interval: 200 });
    expect(letter).toMatchObject({
      requestPayload: event,
      responsePayload: { errorMessage: expect.stringContaining("flow Gone: it is not deployed") as string },
    });
  });

  /** The next dead letter; of SQS, for which the project needs no SDK. */
  async function receive(): Promise<object | undefined> {
    if (isSkipped(account)) return undefined;
    const url = new URL(account.endpoint);
    const body = JSON.stringify({ QueueUrl: service.outputs["DeadLetters"] });
    const given = {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "AmazonSQS.ReceiveMessage",
    };
    const headers = signedHeaders({ method: "POST", url, body, service: "sqs", headers: given });
    const response = await fetch(url, { method: "POST", headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    const [message] = (JSON.parse(text) as { Messages?: { Body: string }[] }).Messages ?? [];
    return message && (JSON.parse(message.Body) as object);
  }
});
