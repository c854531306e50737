import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openService, stats } from "../../functions/api/fixtures.ts";
import { createClient, type Client } from "./client.ts";
import { runEnd, triggerFlow } from "../trigger.ts";

/** The service itself, over HTTP; the statuses that it is to answer with first. */
const failures: number[] = [];
let service: Awaited<ReturnType<typeof openService>>;
let server: Server;
let client: Client;
let signatures: (string | undefined)[] = [];

beforeAll(async () => {
  service = await openService();
  server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      signatures.push(request.headers.authorization);
      const failure = failures.shift();
      if (failure !== undefined) return void response.writeHead(failure).end('{"message":"Service Unavailable"}');
      const token = request.headers["millrace-token"];
      const answer = await service.app.request(
        request.url!,
        {
          method: request.method!,
          headers: typeof token === "string" ? { "millrace-token": token } : {},
          ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
        },
        { principal: "someone" },
      );
      response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env["AWS_ACCESS_KEY_ID"] = "KEY";
  process.env["AWS_SECRET_ACCESS_KEY"] = "secret";
  client = createClient({ api, region: "us-east-1" });
  await client.registerFlow({ graph: stats.graph, codePackage: service.codePackage, user: "ann", tags: [] });
});
afterAll(() => server.close());

describe("the client of an account", () => {
  test("signs every request as the person at this machine", async () => {
    signatures = [];
    await client.readFlow("Stats");
    expect(signatures).toEqual([
      expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=KEY\/\d{8}\/us-east-1\/execute-api\//),
    ]);
  });

  test("tells a refusal as the service did, with the hint", async () => {
    await expect(client.readFlow("Stast")).rejects.toMatchObject({ name: "MillraceError", code: "flow.notDeployed" });
  });

  test("starts a run once, though the first answer was lost", async () => {
    failures.push(503);
    const { run } = await triggerFlow(client, "Stats", { parameters: { top: 3 } });
    const next = await triggerFlow(client, "Stats", { parameters: {} });
    expect(next.run).toBe(run + 1);
  });

  test("refuses a parameter that JSON would change", async () => {
    await expect(triggerFlow(client, "Stats", { parameters: { since: new Date() } })).rejects.toMatchObject({
      code: "parameter.notJson",
      where: { flow: "Stats", parameter: "since" },
    });
  });

  test("passes on what the service says of a parameter", async () => {
    await expect(triggerFlow(client, "Stats", { parameters: { top: "many" } })).rejects.toMatchObject({
      code: "parameter.invalid",
    });
  });

  test("waits for a run's end", async () => {
    const run = await triggerFlow(client, "Stats", { parameters: {} });
    const ended = runEnd(client, run);
    await service.ledger.updateRun(run, {
      status: "failed",
      finishedAt: 2,
      error: { name: "Late", message: "too late" },
    });
    expect(await ended).toMatchObject({ status: "failed", error: { name: "Late" } });
  });

  test("stops a run, and says where it had ended before", async () => {
    const run = await triggerFlow(client, "Stats", { parameters: {} });
    expect(await client.stopRun(run, { user: "ann" })).toBe(true);
    await service.ledger.updateRun(run, { status: "stopped", finishedAt: 2 });
    expect(await client.stopRun(run, { user: "ann" })).toBe(false);
  });

  test("reads runs and tasks as a ledger does", async () => {
    const run = await triggerFlow(client, "Stats", { parameters: {}, tags: ["nightly"] });
    await service.ledger.startAttempts(run, [{ step: "start", index: "0", at: 1, by: "job#1" }]);
    const key = { flow: "Stats", run: run.run };
    expect(await client.runs.readRun(key)).toMatchObject({ status: "running", tags: ["nightly"] });
    expect(await client.runs.readRun({ flow: "Stats", run: 999 })).toBeUndefined();
    expect((await client.runs.listRuns({ flow: "Stats", tag: "nightly" })).items).toMatchObject([key]);
    expect((await client.runs.listFlows({})).items).toMatchObject([{ flow: "Stats", newest: key }]);
    expect(await client.runs.listSteps(key)).toMatchObject([{ step: "start", running: 1 }]);
    expect((await client.runs.listTasks(key, "start")).items).toMatchObject([{ index: "0", by: "job#1" }]);
    const tasks = [
      { step: "start", index: "0" },
      { step: "merge", index: "0" },
    ];
    expect(await client.runs.readTasks(key, tasks)).toMatchObject([{ attempt: 1 }, undefined]);
  });

  test("finds runs of whatever flow by tag and by status, in pages", async () => {
    const tags = ["looked-for"];
    for (let made = 0; made < 3; made++) await triggerFlow(client, "Stats", { parameters: {}, tags });
    const first = await client.runs.listRuns({ tag: "looked-for", status: "running", limit: 2 });
    const rest = await client.runs.listRuns({ tag: "looked-for", status: "running", limit: 2, cursor: first.cursor! });
    expect([first, rest].map(({ items }) => items.length)).toEqual([2, 1]);
    expect((await client.runs.listRuns({ tag: "looked-for", status: "failed" })).items).toEqual([]);
  });

  test("says where there is no way to the service", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => closed.once("listening", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const nowhere = createClient({ api: `http://127.0.0.1:${port}`, region: "us-east-1" });
    await expect(nowhere.readFlow("Stats")).rejects.toMatchObject({
      code: "account.unreachable",
      hint: expect.stringContaining(`millrace emulate --port ${port}`),
    });
  });
});
