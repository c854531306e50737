import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
} from "@aws-sdk/client-lambda";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildCodeArchive } from "../../runtime/package/code-archive.ts";
import { buildCodePackage } from "../../runtime/package/code-package.ts";
import { readAttemptLog } from "../../aws/logs/cloudwatch-log.ts";
import { isSkipped } from "./account.ts";
import { openLent, type Deployed } from "./deployed.ts";
import { borrowAccount } from "./lent.ts";
import { clientOf } from "./stack.ts";

const account = await borrowAccount();
const repository = join(import.meta.dirname, "..", "..");

/** A flow of short steps that is well-behaved; each of its name has code of its own. */
const quote = (name: string) => `import { flow } from "millrace";
export default flow("${name}").step("start", { compute: "lambda" }, async () => ({
  answer: await (await fetch("data:,honest")).text(),
}));
`;

const flows = {
  "quote.ts": quote("Quote"),
  "planted.ts": quote("Planted"),
  "replacing.ts": `import { flow } from "millrace";
export default flow("Replacing").step("start", { compute: "lambda" }, () => {
  const fetching = globalThis.fetch;
  globalThis.fetch = (url, ...more) => String(url).startsWith("data:") ? fetching("data:,forged") : fetching(url, ...more);
  return {};
});
`,
  "planting.ts": `import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flow } from "millrace";
import { z } from "zod";
export default flow("Planting", { params: { folder: z.string(), text: z.string() } })
  .step("start", { compute: "lambda" }, ({ folder, text }) => {
    const at = join(tmpdir(), folder, "store", "code", "package");
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, "flow.mjs"), text);
    return {};
  });
`,
  "leaving.ts": `import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flow } from "millrace";
export default flow("Leaving")
  .step("start", { compute: "lambda", memory: "512MiB" }, () => {
    console.log("left behind");
    writeFileSync(join(tmpdir(), "left.txt"), "left");
    return { pid: process.pid };
  })
  .step("look", { compute: "lambda", env: { UNIT: "metre" } }, ({ pid }) => {
    const answer = { left: readdirSync(tmpdir()), isSame: pid === process.pid, unit: process.env.UNIT };
    appendFileSync(import.meta.filename ?? new URL(import.meta.url).pathname, "\\nglobalThis.forged = true;");
    return { answer, pid };
  })
  .step("again", { compute: "lambda", retry: 1 }, ({ pid }) => ({
    after: { forged: "forged" in globalThis, isSame: pid === process.pid },
  }));
`,
  "ending.ts": `import { flow } from "millrace";
export default flow("Ending").step("start", { compute: "lambda" }, () => process.exit(3));
`,
};

describe.skipIf(isSkipped(account))("a flow's short steps", () => {
  if (isSkipped(account)) return;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-runners-")));
  const lambda = new LambdaClient(clientOf(account));
  let deployed: Deployed;

  beforeAll(async () => {
    for (const [name, text] of Object.entries(flows)) writeFileSync(join(folder, name), text);
    symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
    deployed = await openLent(account);
  }, 180_000);
  afterAll(async () => {
    await deployed.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const file = (name: keyof typeof flows) => join(folder, name);
  const endOf = async (flow: string, parameters: object = {}) =>
    deployed.end({ name: flow } as never, await deployed.start({ name: flow } as never, parameters));
  async function answerOf(flow: string, parameters: object = {}): Promise<unknown> {
    const end = await endOf(flow, parameters);
    if (end.status !== "succeeded") throw new Error(JSON.stringify(end));
    const { answer } = (end as any).artifacts("start") as { answer?: unknown };
    return answer;
  }

  describe("attack: a person", () => {
    test("who calls a deployed flow's function is refused", async () => {
      await deployed.deploy(file("quote.ts"));
      const mine = new LambdaClient({ region: "us-east-1" });
      const calling = mine.send(new InvokeCommand({ FunctionName: "millrace-lent__Quote", Payload: "{}" }));
      await expect(calling).rejects.toMatchObject({ name: "AccessDeniedException" });
    }, 60_000);
  });

  describe("attack: a step changes what the next flow's steps do", () => {
    test("by replacing globalThis.fetch in a process that serves them too", async () => {
      await deployed.deploy(file("replacing.ts"), file("quote.ts"));
      await answerOf("Replacing");
      expect(await answerOf("Quote")).toBe("honest");
    }, 60_000);

    test("by leaving code where they would unpack theirs", async () => {
      mkdirSync(join(folder, "home"));
      const built = await buildCodePackage(file("planted.ts"), { home: join(folder, "home") });
      const { hash } = await buildCodeArchive(built);
      await deployed.deploy(file("planting.ts"), file("planted.ts"));
      const text = readFileSync(built.bundle, "utf8").replace("honest", "forged");
      await answerOf("Planting", { folder: `millrace-${hash}`, text });
      expect(await answerOf("Planted")).toBe("honest");
    }, 60_000);
  });

  test("find nothing in /tmp that one before them left, and the code as it was deployed, in a process that is used again", async () => {
    await deployed.deploy(file("leaving.ts"));
    const end = (await endOf("Leaving")) as any;
    expect(end.artifacts("look").answer).toEqual({ left: [], isSame: true, unit: "metre" });
    // Its process has ended, for the code in it was no longer the flow's.
    expect(end.artifacts("again").after).toEqual({ forged: false, isSame: false });
  }, 60_000);

  test("have a function with the memory that they ask for, whose log is read as any step's", async () => {
    const name = "millrace-lent__Leaving";
    const { MemorySize } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    expect(MemorySize).toBe(512);
    const run = (await deployed.client.runs.readRun({ flow: "Leaving", run: 1 }))!;
    const [attempt] = await deployed.attempts(run, "start");
    expect(attempt!.log?.stream).toMatch(/^\/aws\/lambda\/millrace-lent__Leaving:/);
    const log: Uint8Array[] = [];
    for await (const piece of readAttemptLog({ region: "us-east-1", outputs: account.outputs }, run, attempt!))
      log.push(piece);
    expect(Buffer.concat(log).toString()).toContain("left behind\n");
  }, 60_000);

  test("are the same version of it where their flow is deployed again unchanged, and another where it has changed", async () => {
    const versions = async () => {
      const { Versions = [] } = await lambda.send(
        new ListVersionsByFunctionCommand({ FunctionName: "millrace-lent__Quote" }),
      );
      return Versions.map(({ Version }) => Version);
    };
    await deployed.deploy(file("quote.ts"));
    const before = await versions();
    await deployed.deploy(file("quote.ts"));
    expect(await versions()).toEqual(before);
    writeFileSync(file("quote.ts"), quote("Quote").replace("honest", "changed"));
    await deployed.deploy(file("quote.ts"));
    expect(await answerOf("Quote")).toBe("changed");
    // The one before may still be about to be called.
    expect(await versions()).toEqual([...before, String(Number(before.at(-1)) + 1)]);
  }, 60_000);

  test("fail in words where their process ends", async () => {
    await deployed.deploy(file("ending.ts"));
    const { status, error } = await endOf("Ending");
    expect({ status, error }).toMatchObject({ status: "failed", error: { name: "Runtime.ExitError" } });
    expect(error!.message).not.toMatch(/[{}]|\bat /);
  }, 60_000);

  test("lose their function with the flow, and keep their log", async () => {
    const { user } = await deployed.client.readFlow("Leaving");
    await deployed.client.removeFlow("Leaving", { user });
    const FunctionName = "millrace-lent__Leaving";
    await expect(lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    const { logGroups = [] } = await new CloudWatchLogsClient(clientOf(account)).send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: `/aws/lambda/${FunctionName}` }),
    );
    expect(logGroups.map(({ retentionInDays }) => retentionInDays)).toEqual([30]);
  }, 60_000);
});
