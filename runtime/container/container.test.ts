import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fixedKey } from "../../aws/s3/signing-keys.ts";
import { problemOf } from "../../functions/api/problem.ts";
import {
  finishTask,
  heartbeatTask,
  readBranches,
  signForTask,
  startTask,
  type TaskCalls,
} from "../../functions/api/task-calls.ts";
import { unpackValue } from "../../store/artifacts/pack.ts";
import { openMemoryBlobs } from "../../store/blobs/memory.ts";
import type { Attempt, Ledger } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { openSqliteLedger } from "../../store/ledger/sqlite/sqlite-ledger.ts";
import { arrayChildIndex } from "../../statemachines/contract/contract.ts";
import { arrayIndexOf, startProof } from "../../statemachines/contract/start-proof.ts";
import { beginRun } from "../../tasks/create-run.ts";
import { packOutcome, packArtifacts } from "../../tasks/outcome.ts";
import { loadFlow } from "../../emulator/load-flow.ts";
import { lineageOf } from "../../graph/lineage.ts";
import type { Graph } from "../../graph/graph.ts";
import { BOOTSTRAP_COMMAND } from "./bootstrap.ts";
import { buildCodeArchive } from "../package/code-archive.ts";
import { packArchive, type CodeArchive } from "../../store/code/code-archive.ts";
import { runStep } from "../lambda/lambda-runner.ts";
import { runnerHere } from "../../test/support/runner-here.ts";

const FLOW = `
import { flow } from "millrace";
import { z } from "zod";
export default flow("Tried", { params: { word: z.string().transform((text) => text.toUpperCase()).default("hi") } })
  .step("start", ({ word }) => {
    console.log("word is", word);
    return { large: "x".repeat(50_000), list: [10, 20, 30] };
  })
  .foreach("list", { as: "item" }, (each) => each
    .step("outer", ({ item, large }) => ({ inner: [item, item + 1], size: large.length }))
    .foreach("inner", { as: "deep" }, (deeper) => deeper.step("nested", ({ deep }) => ({ twice: deep * 2 })))
    .join("near", (turns) => ({ twices: turns.pluck("twice") })))
  .join("join", (turns) => ({ all: turns.pluck("twices"), sizes: turns.map((turn) => turn.size) }))
  .step("fails", { retry: 1, catch: true }, () => { throw new TypeError("no such thing"); })
  .step("exits", () => { process.exit(0); })
  .step("waits", async (_, { signal }) => {
    console.log("waiting");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    console.log("put away");
  })
  .step("hurries", { timeout: "300ms" }, (_, { signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)));
`;

/** An API whose answers are the service's own; only the way to them, and the store behind it, are this test's. */
const blobs = openMemoryBlobs();
const store = { read: blobs.readSync, write: blobs.writeSync };
let ledger: Ledger;
let server: Server;
let url: string;
let folder: string;
let graph: Graph;
let archive: CodeArchive;
let run: RunKey & { readonly secret: string };
/** What the API does to a request instead of answering it: the action → statuses, the next first. */
const faults = new Map<string, number[]>();
let asked: string[] = [];

const calls: TaskCalls = {
  get ledger() {
    return ledger;
  },
  blobs,
  signer: {
    signRead: async (hash) => `${url}/blobs/${hash}`,
    signWrite: async ({ hash }) => ({ url: `${url}/blobs/${hash}`, headers: { "x-wanted": hash } }),
  },
  lineageOf: async () => lineageOf(graph),
  keys: fixedKey(Buffer.alloc(32, 1)),
  now: Date.now,
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "millrace-container-"));
  symlinkSync(join(import.meta.dirname, "../../node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "tried.ts"), FLOW);
  const loaded = await loadFlow(join(folder, "tried.ts"), { home: join(folder, ".millrace") });
  graph = loaded.graph;
  archive = await buildCodeArchive(loaded.codePackage);
  ledger = await openSqliteLedger(":memory:");
  server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const [, first, ...rest] = request.url!.split("/");
      if (first === "blobs" && request.method === "PUT") {
        if (request.headers["x-wanted"] !== rest[0]) return void response.writeHead(403).end();
        await blobs.write(rest[0]!, [body]);
        return void response.end();
      }
      if (first === "blobs") return void response.end(await blobs.read(rest[0]!));
      const [flow, number, , action] = rest;
      asked.push(action!);
      const fault = faults.get(action!)?.shift();
      if (fault) return void response.writeHead(fault).end("{}");
      const key = { flow: flow!, run: Number(number) };
      const shown = { run: key, token: request.headers["millrace-token"] as string | undefined };
      const content = JSON.parse(body.toString());
      try {
        if (!request.headers.authorization?.startsWith("AWS4-HMAC-SHA256 Credential=KEY/")) throw new Error("unsigned");
        const answer = await {
          start: () => startTask(calls, key, content),
          branches: () => readBranches(calls, shown, content.from),
          sign: () => signForTask(calls, shown, content),
          heartbeat: () => heartbeatTask(calls, shown),
          finish: () => finishTask(calls, shown, content),
        }[action as "start"]();
        response.end(JSON.stringify(answer));
      } catch (error) {
        const problem = problemOf(error);
        response.writeHead(problem.status).end(JSON.stringify(problem));
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  faults.clear();
  asked = [];
  run = await makeRun(archive);
});

async function makeRun({ hash, bytes }: CodeArchive): Promise<RunKey & { readonly secret: string }> {
  await blobs.write(hash, [bytes]);
  const parameters = packArtifacts({ word: "hello" }, store);
  const base = {
    graph,
    codePackage: hash,
    parameters,
    controls: [],
    namespace: "production:Tried",
    user: "test",
    tags: [],
  };
  const { run: made, secret } = await beginRun({ ledger, blobs }, base, Date.now());
  return { flow: made.flow, run: made.run, secret };
}

interface JobEnded {
  readonly code: number | null;
  readonly lines: string[];
}

interface JobEnvironment {
  readonly attempt?: number;
  readonly attempts?: number;
  readonly child?: number;
  readonly offset?: number;
  readonly onLine?: (line: string, kill: () => void) => void;
}

/** Runs a job's command as Batch would: with its environment, and nothing but node. */
function job(
  step: string,
  index: string,
  { attempt = 1, attempts = 1, child, offset = 0, onLine }: JobEnvironment = {},
) {
  const place = mkdtempSync(join(folder, "job-"));
  const [program, ...args] = BOOTSTRAP_COMMAND;
  const started = spawn(program!, args, {
    cwd: place,
    env: {
      PATH: process.env["PATH"],
      TMPDIR: place,
      MILLRACE_API: url,
      MILLRACE_RUN: `${run.flow}/${run.run}`,
      MILLRACE_STEP: step,
      MILLRACE_INDEX: index,
      MILLRACE_ATTEMPTS: String(attempts),
      MILLRACE_START_PROOF: proofOf(step, index, child !== undefined),
      AWS_BATCH_JOB_ID: `job-${step}-${index}-${child}`,
      AWS_BATCH_JOB_ATTEMPT: String(attempt),
      ...(child !== undefined && { AWS_BATCH_JOB_ARRAY_INDEX: String(child), MILLRACE_OFFSET: String(offset) }),
      AWS_ACCESS_KEY_ID: "KEY",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_REGION: "us-east-1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [started.stdout, started.stderr])
    stream.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      onLine?.(bytes.toString(), () => started.kill("SIGTERM"));
    });
  return new Promise<JobEnded>((resolve) =>
    started.on("close", (code) => resolve({ code, lines: text.trimEnd().split("\n") })),
  );
}

/** What the run's machine gives to the job. */
function proofOf(step: string, index: string, isArray: boolean): string {
  if (!isArray) return startProof(run.secret, step, index);
  const { depth } = lineageOf(graph).steps.get(step)!;
  return startProof(run.secret, step, arrayIndexOf(arrayChildIndex(index, depth - 1, 0)));
}

async function taskOf(step: string, index: string): Promise<Attempt> {
  const [task] = await ledger.readTasks(run, [{ step, index }]);
  return task!;
}

async function artifact(step: string, index: string, name: string): Promise<unknown> {
  return unpackValue((await taskOf(step, index)).manifest![name]!, blobs.readSync);
}

/** Records that the tasks before have finished, without running them. */
async function pretend(step: string, index: string, values: Record<string, unknown>): Promise<void> {
  const [begun] = await ledger.startAttempts(run, [{ step, index, at: 1, by: "test" }]);
  const { depth } = lineageOf(graph).steps.get(step)!;
  const at = depth === 0 ? [] : index.split(".").map(Number);
  const lineage = lineageOf(graph);
  const { own, controls } = packOutcome({ lineage, after: step, index: at, before: {}, values }, store);
  if (begun!.state !== "started") throw new Error(`${step}/${index} is done`);
  await ledger.finishAttempts(run, [
    { step, index, attempt: begun!.attempt, at: 2, status: "succeeded", manifest: own, controls },
  ]);
}

describe("a task in a container", () => {
  test("fetches its code, runs, and leaves its artifacts", async () => {
    const { code, lines } = await job("start", "0");
    expect(lines).toEqual([
      "Setting up task environment.",
      "Downloading code package.",
      "Code package downloaded.",
      "Task is starting.",
      "word is HELLO",
      "Task finished with exit code 0.",
    ]);
    expect(code).toBe(0);
    expect(await artifact("start", "0", "large")).toBe("x".repeat(50_000));
    expect(asked).toEqual(["start", "sign", "finish"]);
  });

  test("leaves what the flow's validators made of a parameter for the steps after it", async () => {
    await job("start", "0");
    expect(await artifact("start", "0", "word")).toBe("HELLO");
  });

  test("reads large artifacts of the steps before it", async () => {
    await job("start", "0");
    const { code } = await job("outer", "0", { child: 2, offset: 0 });
    expect(code).toBe(0);
    expect(await artifact("outer", "2", "size")).toBe(50_000);
    expect(await artifact("outer", "2", "inner")).toEqual([30, 31]);
  });

  test("of an array finds its index, in the first child of a foreach too", async () => {
    await pretend("start", "0", { list: [10], large: "" });
    await pretend("outer", "0", { list: [10], large: "", item: 10, inner: [10, 11], size: 0 });
    expect((await job("nested", "0", { child: 1 })).code).toBe(0);
    expect(await artifact("nested", "0.1", "twice")).toBe(22);
  });

  test("joins the branches of a foreach", async () => {
    await pretend("start", "0", { list: [10, 20], large: "" });
    for (const i of [0, 1]) {
      await pretend("outer", `${i}`, { inner: [], size: i });
      await pretend("near", `${i}`, { twices: [i, "x".repeat(2000)], size: i });
    }
    expect((await job("join", "0")).code).toBe(0);
    expect(await artifact("join", "0", "sizes")).toEqual([0, 1]);
    expect(await artifact("join", "0", "all")).toEqual([
      [0, "x".repeat(2000)],
      [1, "x".repeat(2000)],
    ]);
  });

  test("that had finished before is not run again", async () => {
    await job("start", "0");
    const { code, lines } = await job("start", "0", { attempt: 2 });
    expect([code, lines.at(-1)]).toEqual([0, "The task had finished before."]);
  });

  test("that fails says so, and where, while attempts are left", async () => {
    await pretend("join", "0", {});
    const { code, lines } = await job("fails", "0", { attempts: 2 });
    expect(code).toBe(1);
    expect(lines.slice(-2)).toEqual(["Task failed: TypeError: no such thing", "Task finished with exit code 1."]);
    expect((await taskOf("fails", "0")).error).toMatchObject({
      name: "TypeError",
      source: expect.stringMatching(/^tried\.ts:\d+:\d+$/) as string,
    });
  });

  test("whose last attempt fails is caught where the step says so, and the job succeeds", async () => {
    await pretend("join", "0", {});
    await job("fails", "0", { attempts: 2, attempt: 1 });
    const { code } = await job("fails", "0", { attempts: 2, attempt: 2 });
    expect(code).toBe(0);
    expect(await taskOf("fails", "0")).toMatchObject({ attempt: 2, status: "failed", caught: true });
    expect(await artifact("fails", "0", "failure")).toEqual({ name: "TypeError", message: "no such thing" });
  });

  test("whose handler ends the process has failed, whatever its exit code", async () => {
    await pretend("fails", "0", {});
    expect((await job("exits", "0")).code).toBe(70);
    expect((await taskOf("exits", "0")).status).toBe("running");
  });

  test("that is told to end lets its handler put things away, and says so", async () => {
    await pretend("exits", "0", {});
    const { code, lines } = await job("waits", "0", { onLine: (line, kill) => line.includes("waiting") && kill() });
    expect(code).toBe(143);
    expect(lines).toContain("put away");
    expect(await taskOf("waits", "0")).toMatchObject({ status: "failed", error: { name: "Interrupted" } });
  });

  test("that takes longer than its step's timeout has failed", async () => {
    await pretend("waits", "0", {});
    expect((await job("hurries", "0")).code).toBe(80);
    expect(await taskOf("hurries", "0")).toMatchObject({ status: "failed", error: { name: "Timeout" } });
  });

  test("waits for an API that is busy or broken for a while, and nothing is done twice", async () => {
    faults.set("start", [500, 429]).set("sign", [503]).set("finish", [500, 502]);
    const { code, lines } = await job("start", "0");
    expect([code, lines.filter((line) => line === "Task is starting.").length]).toEqual([0, 1]);
    expect(await taskOf("start", "0")).toMatchObject({ attempt: 1, status: "succeeded" });
  });

  test("that reports late is refused, and overwrites nothing", async () => {
    await pretend("exits", "0", {});
    const ended = job("waits", "0", {
      onLine(line, kill) {
        if (line.includes("waiting"))
          void ledger.startAttempts(run, [{ step: "waits", index: "0", at: 3, by: "another" }]).then(kill);
      },
    });
    expect((await ended).lines.join("\n")).toContain("attempt.refused");
    expect(await taskOf("waits", "0")).toMatchObject({ attempt: 2, status: "running", by: "another" });
  });

  test("does not begin in a run that is over", async () => {
    await ledger.updateRun(run, { status: "stopped", finishedAt: 1 });
    expect((await job("start", "0")).code).toBe(86);
  });

  test("does not run code that is not what it should be", async () => {
    run = await makeRun(packArchive({ "flow.mjs": "", "flow.mjs.map": "", "container.cjs": "" }));
    const before = calls.signer.signRead;
    Object.assign(calls.signer, { signRead: async () => `${url}/blobs/${archive.hash}` });
    const { code, lines } = await job("start", "0");
    Object.assign(calls.signer, { signRead: before });
    expect(code).toBe(65);
    expect(lines.at(-1)).toMatch(/^The code package is damaged/);
  });
});

describe("a step in the runner function", () => {
  const invocation = { logGroupName: "/aws/lambda/runner", logStreamName: "stream" };
  const invoke = (step: string, attempts: number, id = "request-1") =>
    runStep(
      runnerHere({ url, region: "us-east-1" }),
      { run: `${run.flow}/${run.run}`, step, index: "0", attempts, proof: startProof(run.secret, step, "0") },
      { ...invocation, awsRequestId: id },
    );
  beforeAll(() => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "KEY", AWS_SECRET_ACCESS_KEY: "secret" });
  });

  test("answers what the machine asks next, and leaves its artifacts", async () => {
    const answer = { control: { width: 3, items: [0, 1, 2], chunks: [] } };
    expect(await invoke("start", 1)).toEqual(answer);
    // Its answer may be lost on the way to the machine, which then asks again.
    expect(await invoke("start", 1, "request-2")).toEqual(answer);
    expect(await artifact("start", "0", "word")).toBe("HELLO");
    expect((await taskOf("start", "0")).log?.stream).toBe("/aws/lambda/runner:stream");
  });

  test("fails for the machine to try again, and is caught where no attempt is left", async () => {
    await pretend("join", "0", {});
    await expect(invoke("fails", 2)).rejects.toMatchObject({ name: "TypeError", message: "no such thing" });
    expect(await invoke("fails", 2, "request-2")).toEqual({});
    expect(await taskOf("fails", "0")).toMatchObject({ attempt: 2, status: "failed", caught: true });
  });
});
