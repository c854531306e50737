import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import hello from "../../examples/hello.ts";
import type { AnswerOf, RegisterFlowResponse, StartedTask } from "../../functions/api/contract.ts";
import type { Attempt, Page, Run } from "../../store/ledger/ledger.ts";
import { buildCodeArchive } from "../../runtime/package/code-archive.ts";
import { buildCodePackage } from "../../runtime/package/code-package.ts";
import { flow } from "../../sdk/index.ts";
import { startProof } from "../../statemachines/contract/start-proof.ts";
import { isSkipped } from "./account.ts";
import { ask } from "./deployed.ts";
import { borrowAccount } from "./lent.ts";
import { actAs } from "./person.ts";

const account = await borrowAccount();

const repository = join(import.meta.dirname, "../..");

/** Never begins: nothing in these tests carries out its tasks. */
const idle = flow("Idle", { schedule: "cron(0 0 1 1 ? *)" }).step("wait", () => ({ done: true }));

describe.skipIf(isSkipped(account))("Millrace in an account", () => {
  if (isSkipped(account)) return;
  const home = mkdtempSync(join(tmpdir(), "millrace-deploy-"));
  const { ApiUrl: api = "" } = account.outputs;
  let codePackage: string;

  async function call<T>(route: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    const { status, answer } = await ask(api, route, { content: body, ...(headers && { headers }) });
    if (status >= 300) throw Object.assign(new Error(route), { status, ...(answer as object) });
    return answer as T;
  }
  const trigger = (name: string) =>
    call<Run>(`POST /flows/${name}/runs`, { engine: "service", parameters: {}, tags: [], user: "ann" });
  const ended = (run: Run) =>
    vi.waitUntil(
      async () => {
        const now = await call<Run>(`GET /flows/${run.flow}/runs/${run.run}`);
        return now.status === "running" ? undefined : now;
      },
      { timeout: 60_000, interval: 200 },
    );

  beforeAll(async () => {
    actAs(account.env);
    const { hash, bytes } = await buildCodeArchive(
      await buildCodePackage(join(repository, "examples/hello.ts"), { home }),
    );
    codePackage = hash;
    const { upload } = await call<AnswerOf<"POST /code-packages">>("POST /code-packages", { hash, size: bytes.length });
    const stored = await fetch(upload!.url, { method: "PUT", headers: upload!.headers, body: Buffer.from(bytes) });
    if (!stored.ok) throw new Error(`the code package was not taken: ${await stored.text()}`);
  }, 180_000);

  afterAll(async () => {
    await account.stop();
    rmSync(home, { recursive: true, force: true });
  });

  test.each(["GET /flows", "POST /code-packages", "POST /runs/Hello/1/tasks/start", "POST /artifacts/sign"])(
    "an unsigned request is refused: %s",
    async (route) => {
      const [method = "", path = ""] = route.split(" ");
      expect((await fetch(api + path, { method })).status).toBe(403);
    },
  );

  test("the store refuses bytes that are not those that the URL was signed for", async () => {
    const hash = createHash("sha256").update("right").digest("hex");
    const { upload } = await call<AnswerOf<"POST /code-packages">>("POST /code-packages", { hash, size: 5 });
    const put = (body: string, headers = upload!.headers) => fetch(upload!.url, { method: "PUT", headers, body });
    expect((await put("wrong")).status).toBe(400);
    const other = createHash("sha256").update("wrong").digest("base64");
    expect((await put("wrong", { ...upload!.headers, "x-amz-checksum-sha256": other })).status).toBe(403);
    expect((await put("right")).status).toBe(200);
    expect(await call("POST /code-packages", { hash, size: 5 })).toEqual({});
  });

  test("a flow is deployed, and a run of it carried out by Step Functions and Batch", async () => {
    const registered = await call<RegisterFlowResponse>("PUT /flows/Hello", {
      graph: hello.graph,
      codePackage,
      user: "ann",
      tags: ["test"],
    });
    expect(registered).toMatchObject({
      version: 1,
      created: true,
      namespace: expect.stringMatching(/^production:Hello-0-/),
    });
    const run = await trigger("Hello");
    expect(await ended(run)).toMatchObject({ status: "succeeded", tags: ["test"], namespace: registered.namespace });
    const { items } = await call<Page<Attempt>>(`GET /flows/Hello/runs/${run.run}/steps/end/tasks`);
    expect(items).toMatchObject([{ index: "0", attempt: 1, status: "succeeded" }]);
    const again = await call<RegisterFlowResponse>("PUT /flows/Hello", {
      graph: hello.graph,
      codePackage,
      user: "ann",
      tags: [],
    });
    expect(again).toMatchObject({ version: 2, created: false });
    expect((await ended(await trigger("Hello"))).status).toBe("succeeded");
  });

  test("a run whose tasks can't begin fails, and says what Batch says", async () => {
    const damaged = createHash("sha256").update("right").digest("hex");
    await call("PUT /flows/Idle", { graph: idle.graph, codePackage: damaged, user: "ann", tags: [] });
    const run = await ended(await trigger("Idle"));
    expect(run).toMatchObject({
      status: "failed",
      error: { message: expect.stringMatching(/wait\/0: the code package/) },
    });
  });

  test("a schedule starts one run for each of its times", async () => {
    const runs = async () => (await call<Page<Run>>("GET /flows/Idle/runs")).items.length;
    const all = (await account.rig("GET", "scheduler/millrace-lent")) as unknown as { Name: string }[];
    const { Name: name } = all.find((one) => one.Name.startsWith("Idle__"))!;
    const due = (time: string) => account.rig("POST", `scheduler/millrace-lent/${name}?time=${time}`);
    const told = async () => (await account.stats()).function?.["millrace-lent-dispatch"] ?? 0;
    const before = await runs();
    await due("2026-02-02T00:00:00Z");
    await vi.waitUntil(async () => (await runs()) === before + 1, { timeout: 30_000, interval: 200 });
    const calls = await told();
    await due("2026-02-02T00:00:00Z");
    await vi.waitUntil(async () => (await told()) > calls, { timeout: 30_000, interval: 200 });
    await due("2026-02-03T00:00:00Z");
    await vi.waitUntil(async () => (await runs()) > before + 1, { timeout: 30_000, interval: 200 });
    expect(await runs()).toBe(before + 2);
  });

  test("a run that is stopped stays stopped, whatever its execution's end says later", async () => {
    const run = await trigger("Idle");
    await call(`POST /flows/Idle/runs/${run.run}/stop`, { user: "ann" });
    expect(await ended(run)).toMatchObject({ status: "stopped" });
  });

  test("a task reports with its own token alone, and what it reads comes by URL", async () => {
    const own = await call<Run & { readonly secret: string }>("POST /flows/Hello/runs", {
      engine: "client",
      graph: hello.graph,
      codePackage,
      parameters: {},
      controls: [],
      tags: [],
      user: "ann",
      owner: { host: "laptop", pid: 1 },
    });
    const tasks = `POST /runs/Hello/${own.run}/tasks`;
    const started = await call<StartedTask>(`${tasks}/start`, {
      step: "start",
      index: "0",
      by: "test",
      proof: startProof(own.secret, "start", "0"),
    });
    const code = await fetch(started.code.url);
    const digest = createHash("sha256").update(Buffer.from(await code.arrayBuffer()));
    expect(digest.digest("hex")).toBe(codePackage);
    const report = { status: "succeeded", base: started.base, own: {}, controls: [] };
    await expect(call(`${tasks}/finish`, report)).rejects.toMatchObject({ status: 403, code: "token.invalid" });
    expect(await call(`${tasks}/finish`, report, { "millrace-token": started.token })).toEqual({ state: "accepted" });
    await call(`POST /flows/Hello/runs/${own.run}/finish`, { status: "succeeded" });
  });

  test("a flow that was removed starts nothing any more, and its runs stay readable", async () => {
    await call("DELETE /flows/Hello?user=ann");
    await expect(trigger("Hello")).rejects.toMatchObject({ status: 404, code: "flow.notDeployed" });
    expect(await call<Run>("GET /flows/Hello/runs/1")).toMatchObject({ status: "succeeded" });
  });
});
