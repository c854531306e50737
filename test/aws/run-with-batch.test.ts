import { BatchClient, DescribeJobsCommand, type JobDetail } from "@aws-sdk/client-batch";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { flow } from "millrace";
import type { AnswerOf } from "../../functions/api/contract.ts";
import type { RunEvent } from "../../engine/events.ts";
import { jsonLines, type Finished } from "../support/workspace.ts";
import { isSkipped } from "./account.ts";
import { ask } from "./deployed.ts";
import { borrowAccount } from "./lent.ts";
import { actAs } from "./person.ts";
import { clientOf } from "./stack.ts";

const account = await borrowAccount();
const repository = join(import.meta.dirname, "..", "..");

const flows = {
  "mixed.ts": `import { flow } from "millrace";
import { z } from "zod";
export default flow("Mixed", { params: { factor: z.number().default(2), big: z.string().default("x".repeat(5000)) } })
  .step("start", ({ factor }) => { console.log("here"); return { parts: [1, 2, 3].map((part) => part * factor) }; })
  .foreach("parts", { as: "part" }, (each) =>
    each.step("square", { compute: "batch", env: { UNIT: "metre" } }, ({ part }, { index }) => {
      console.log("square of " + part + " at " + index);
      return { square: part * part, unit: process.env.UNIT };
    }))
  .join("merge", { compute: "lambda" }, (branches) => ({ sum: branches.pluck("square").reduce((a, b) => a + b, 0), units: branches.pluck("unit") }))
  .step("end", ({ sum, big }) => ({ told: "sum " + sum, length: big.length }));
`,
  "two.ts": `import { flow } from "millrace";
export default flow("Two")
  .step("start", { memory: "8GiB" }, () => { console.log("in a container: " + (process.env.AWS_BATCH_JOB_ID !== undefined)); return { n: 1 }; })
  .step("end", { compute: "local" }, ({ n }) => { console.log("in a container: " + (process.env.AWS_BATCH_JOB_ID !== undefined)); return { m: n + 1 }; });
`,
  "many.ts": `import { flow } from "millrace";
export default flow("Many")
  .step("start", { compute: "local" }, () => ({ parts: Array.from({ length: 12 }, (_, i) => i) }))
  .foreach("parts", { as: "part" }, (each) => each.step("one", ({ part }) => { console.log("part " + part); return { part }; }))
  .join("merge", { compute: "local" }, (branches) => ({ parts: branches.pluck("part") }));
`,
  "pairs.ts": `import { flow } from "millrace";
export default flow("Pairs")
  .step("start", { compute: "local" }, () => ({ parts: [1, 2] }))
  .foreach("parts", { as: "part" }, (each) => each
    .step("first", { compute: "local" }, ({ part }) => ({ more: part * 10 }))
    .step("second", { compute: "local" }, ({ more }) => ({ most: more + 1 })))
  .join("merge", { compute: "local" }, (branches) => ({ all: branches.pluck("most") }));
`,
  "failing.ts": `import { flow } from "millrace";
export default flow("Failing")
  .step("start", { compute: "local", retry: 1 }, (_, { attempt }) => { if (attempt === 1) throw new Error("not yet"); return { parts: [0, 1, 2] }; })
  .branch({
    caught: (b) => b.step("soft", { compute: "batch", catch: true }, () => { throw new Error("no harm done"); }),
    split: (b) => b.foreach("parts", { as: "part" }, (each) =>
        each.step("fit", { compute: "batch", retry: 1 }, ({ part }, { attempt }) => {
          if (part === 2 || attempt === 1) throw new TypeError("part " + part + " is bad");
          return { part };
        }))
      .join("merge", () => ({})),
  })
  .join("all", () => ({}));
`,
  "slow.ts": `import { flow } from "millrace";
import { setTimeout } from "node:timers/promises";
const wait = async (_: unknown, { signal }: { signal: AbortSignal }) => { console.log("working"); await setTimeout(60_000, undefined, { signal }); return {}; };
export default flow("Slow")
  .step("start", { compute: "local" }, () => ({ parts: [1, 2] }))
  .branch({
    here: (b) => b.step("local", { compute: "local" }, wait),
    there: (b) => b.foreach("parts", { as: "part" }, (each) => each.step("array", wait)).join("merge", () => ({})),
    plain: (b) => b.step("single", wait),
  })
  .join("all", () => ({}));
`,
};

describe.skipIf(isSkipped(account))("millrace run with an account's profile", () => {
  if (isSkipped(account)) return;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-with-")));
  const env = { ...process.env, ...account.env, MILLRACE_HOME: join(folder, "home"), NO_COLOR: "1", CI: "true" };
  const batch = new BatchClient(clientOf(account));

  type Running = ChildProcess & { readonly finished: Promise<Finished>; said(): string };

  function start(args: readonly string[], more: Readonly<Record<string, string>> = {}): Running {
    const options = { cwd: folder, env: { ...env, ...more } };
    const child = spawn(process.execPath, [join(repository, "dist", "bin.cjs"), ...args], options);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const finished = new Promise<Finished>((resolve) =>
      child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr })),
    );
    return Object.assign(child, { finished, said: () => stdout });
  }
  const millrace = (...args: string[]) => start(args).finished;

  async function events(...args: string[]): Promise<RunEvent[]> {
    const { stdout, stderr } = await millrace("run", ...args, "--json");
    if (stdout === "") throw new Error(stderr);
    return jsonLines(stdout) as RunEvent[];
  }
  const ofType = <T extends RunEvent["type"]>(all: readonly RunEvent[], type: T) =>
    all.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);

  /** Throws where the program ends before it has said so. */
  async function until(running: Running, isSaid: (said: string) => boolean): Promise<void> {
    const ended = running.finished.then(({ stdout, stderr }) => Promise.reject(new Error(stdout + stderr)));
    ended.catch(() => {});
    const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 50));
    while (!isSaid(running.said())) await Promise.race([wait(), ended]);
  }

  async function artifacts(...args: string[]): Promise<Record<string, unknown>> {
    const { stdout } = await millrace("dump", ...args, "--json");
    return (jsonLines(stdout)[0] as { artifacts: Record<string, unknown> }).artifacts;
  }
  async function describeJobs(...jobs: string[]): Promise<JobDetail[]> {
    return (await batch.send(new DescribeJobsCommand({ jobs }))).jobs!;
  }

  beforeAll(async () => {
    for (const [name, text] of Object.entries(flows)) writeFileSync(join(folder, name), text);
    symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
    actAs(account.env);
    await millrace("configure", "aws", "--stack", "millrace-lent");
  }, 180_000);
  afterEach(() => account.rig("DELETE", "batch/rules"));
  afterAll(async () => {
    await account.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("says how an account is come by, where none is in use", async () => {
    const { code, stderr } = await start(["run", "two.ts", "--with", "batch"], { MILLRACE_PROFILE: "local" }).finished;
    expect(code).toBe(2);
    expect(stderr).toMatch(/needs an account[^]*millrace configure aws --stack/);
  });

  test("sends each step where it says, and leaves what a local run leaves", async () => {
    const told = await events("mixed.ts", "--factor", "3", "--tag", "mine");
    expect(told.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded", tasks: { succeeded: 6 } });
    expect(await artifacts("Mixed/1/end", "told", "length", "units")).toEqual({
      told: "sum 126",
      length: 5000,
      units: ["metre", "metre", "metre"],
    });
    const places = ofType(told, "task.finished").map(({ step, index, pid, job }) => [
      `${step}/${index}`,
      pid !== undefined ? "here" : job !== undefined ? "batch" : "lambda",
    ]);
    expect(Object.fromEntries(places)).toEqual({
      "start/0": "here",
      "square/0": "batch",
      "square/1": "batch",
      "square/2": "batch",
      "merge/0": "lambda",
      "end/0": "here",
    });
    const { Functions = [] } = await new LambdaClient(clientOf(account)).send(new ListFunctionsCommand({}));
    const mixed = Functions.map(({ FunctionName = "" }) => FunctionName).filter((name) => name.includes("Mixed"));
    // Of the person's own: the flow is not deployed.
    expect(mixed).toEqual([expect.stringMatching(/^millrace-lent__own__Mixed__[0-9a-f]{12}$/)]);
    const { stdout } = await millrace("runs", "Mixed");
    expect(stdout).toMatch(/Mixed\/1 +succeeded/);
    expect((await millrace("logs", "Mixed/1/start")).stdout).toContain("here\n");
    expect((await millrace("logs", "Mixed/1/square/2")).stdout).toContain("square of 9 at 2\n");
  }, 120_000);

  test("has what a step wants of its job defined once, however often it runs", async () => {
    const define = async (UNIT: string) => {
      const { graph } = flow("Measured").step("fit", { env: { UNIT } }, () => ({}));
      const { status, answer } = await ask(account.outputs["ApiUrl"]!, "POST /flows/Measured/jobs", {
        // No step of it is on Lambda, which alone needs the code.
        content: { graph, codePackage: "0".repeat(64) },
      });
      expect(status).toBe(200);
      return (answer as AnswerOf<"POST /flows/{flow}/jobs">).jobDefinition;
    };
    const first = await define("metre");
    expect(JSON.stringify(first)).toContain("job-definition/millrace-lent__Measured__fit:1");
    expect(await define("metre")).toEqual(first);
    expect(JSON.stringify(await define("mile"))).toContain("Measured__fit:2");
    expect(await define("metre")).toEqual(first);
  });

  test("tells a job's statuses and its log as they come, and asks for what --with says", async () => {
    const { code, stdout } = await millrace("run", "two.ts", "--with", "batch:cpu=2,memory=4GiB");
    expect(code).toBe(0);
    const [, job] = /^\[1\/start\/0\] \[([\w-]+)\] Task is starting \(status SUBMITTED\)\.\.\.$/m.exec(stdout)!;
    const own = stdout.split("\n").filter((line) => line.startsWith("[1/start/0]"));
    expect(own.slice(1).filter((line) => !line.includes(`[${job}]`))).toEqual([
      "[1/start/0] Setting up task environment.",
      "[1/start/0] Downloading code package.",
      "[1/start/0] Code package downloaded.",
      "[1/start/0] Task is starting.",
      "[1/start/0] in a container: true",
      "[1/start/0] Task finished with exit code 0.",
      "[1/start/0] Task finished successfully.",
    ]);
    expect(stdout).toMatch(/^\[1\/end\/0 \(pid \d+\)\] in a container: false$/m);
    expect((await describeJobs(job!))[0]!.container!.resourceRequirements).toEqual([
      { type: "VCPU", value: "2" },
      { type: "MEMORY", value: "8192" },
    ]);
  }, 120_000);

  test("runs a foreach as one array job, whose children are told apart and asked about together", async () => {
    await account.rig("DELETE", "stats");
    const told = await events("many.ts", "--with", "batch");
    const lines = ofType(told, "task.output").filter(({ text }) => text.startsWith("part "));
    expect(lines.map(({ index, text }) => `${index}: ${text}`).toSorted()).toEqual(
      Array.from({ length: 12 }, (_, i) => `${i}: part ${i}`).toSorted(),
    );
    expect(new Set(ofType(told, "job.status").map(({ job }) => job)).size).toBe(1);
    expect(ofType(told, "job.status")[0]).toMatchObject({ step: "one", status: "SUBMITTED", size: 12 });
    expect(await artifacts("Many/1/merge", "parts")).toEqual({ parts: Array.from({ length: 12 }, (_, i) => i) });
    const { aws = {} } = await account.stats();
    expect(aws["batch:POST /v1/submitjob"]).toBe(1);
    // Far fewer than if each child were asked about by itself.
    const looks = new Set(ofType(told, "task.started").map(({ at }) => at)).size;
    expect(aws["batch:POST /v1/describejobs"]).toBeLessThan(12 + looks);
  }, 120_000);

  test("carries out what the account would have an execution of its own for each child for", async () => {
    const { code, stderr } = await millrace("run", "pairs.ts");
    expect([code, stderr]).toEqual([0, ""]);
    expect(await artifacts("Pairs/1/merge", "all")).toEqual({ all: [11, 21] });
  }, 60_000);

  test("fails with what the task itself said, goes on where that is caught, and tries again", async () => {
    const told = await events("failing.ts");
    expect(told.at(-1)).toMatchObject({
      type: "run.finished",
      status: "failed",
      error: {
        name: "TypeError",
        message: "part 2 is bad",
        source: expect.stringMatching(/^failing\.ts:\d+:\d+$/) as string,
        step: "fit",
        index: "2",
      },
      notRun: expect.arrayContaining(["merge", "all"]) as string[],
    });
    const ends = ofType(told, "task.finished").map(
      ({ step, index, attempt, status, caught, retryInSeconds }) =>
        `${step}/${index} ${attempt} ${status}${caught ? " caught" : ""}${retryInSeconds === undefined ? "" : " again"}`,
    );
    expect(ends).toEqual(
      expect.arrayContaining([
        "start/0 1 failed again",
        "start/0 2 succeeded",
        "soft/0 1 failed caught",
        "fit/0 1 failed again",
        "fit/0 2 succeeded",
        "fit/2 2 failed",
      ]),
    );
    expect(ends).not.toContain("soft/0 1 succeeded");
    expect((await millrace("runs", "Failing")).stdout).toMatch(/Failing\/1 +failed/);
  }, 120_000);

  test("a container that dies without a word fails its step with what Batch knows", async () => {
    await account.rig("POST", "batch/rules", { action: "kill", job: "Two-start", whenLogged: "Downloading" });
    const { code, stdout, stderr } = await millrace("run", "two.ts", "--with", "batch");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\[2\/start\/0\] Task failed: OutOfMemory: ran out of memory \(had 8 GiB\)/m);
    expect(stderr).toMatch(/Two\/2 failed/);
  }, 120_000);

  test("a run whose program was killed has failed, and what it had begun here ends", async () => {
    const running = start(["run", "slow.ts", "--with", "batch"]);
    await until(running, (said) => /\/local\/0 \(pid \d+\)\] working/.test(said));
    const [, pid] = /\/local\/0 \(pid (\d+)\)/.exec(running.said())!;
    running.kill("SIGKILL");
    await running.finished;
    expect((await millrace("runs", "Slow")).stdout).toMatch(/Slow\/1 +failed/);
    const isThere = () => {
      try {
        return process.kill(Number(pid), 0);
      } catch {
        return false;
      }
    };
    while (isThere()) await new Promise((resolve) => setTimeout(resolve, 100));
  }, 120_000);

  test("Ctrl-C terminates the jobs, ends the processes here, and the run was stopped", async () => {
    const running = start(["run", "slow.ts", "--with", "batch"]);
    await until(running, (said) => (said.match(/\] working$/gm)?.length ?? 0) >= 4);
    running.kill("SIGINT");
    const { code, stdout, stderr } = await running.finished;
    expect({ code, stderr }).toMatchObject({
      code: 130,
      stderr: expect.stringContaining("Slow/2 was stopped") as string,
    });
    expect(stdout).toContain("Workflow stopped.");
    const jobs = [...stdout.matchAll(/\[([\w-]+)\] .* \(status SUBMITTED\)/g)].map(([, job]) => job!);
    expect(jobs).toHaveLength(2);
    const ended = async () => (await describeJobs(...jobs)).every(({ status }) => status === "FAILED");
    while (!(await ended())) await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await millrace("runs", "Slow")).stdout).toMatch(/Slow\/2 +stopped/);
    const { stdout: dumped } = await millrace("dump", "Slow/2", "--json");
    const statuses = (jsonLines(dumped) as { pathspec: string; status: string }[]).map(
      ({ pathspec, status }) => `${pathspec} ${status}`,
    );
    expect(statuses.toSorted()).toEqual([
      "Slow/2/array/0 stopped",
      "Slow/2/array/1 stopped",
      "Slow/2/local/0 stopped",
      "Slow/2/single/0 stopped",
      "Slow/2/start/0 succeeded",
    ]);
  }, 120_000);
});
