import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { StartedTask } from "../../functions/api/contract.ts";
import type { Attempt } from "../../store/ledger/ledger.ts";
import { lineageOf } from "../../graph/lineage.ts";
import { flow } from "../../sdk/index.ts";
import type { TaskEvent } from "../../engine/world.ts";
import { LocalTasks } from "./local-tasks.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "millrace-local-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fit = flow("Fit").step("fit", { env: { UNIT: "metre" } }, () => ({})).graph;
const never = new AbortController().signal;

/** Tasks whose process does what `body` says with what it was started with, `booted`; `begun` counts their attempts. */
function open(body: string, attempts: readonly Partial<Attempt>[] = []) {
  const runtime = join(folder, "runtime.cjs");
  writeFileSync(runtime, `exports.runContainer = (booted) => {${body}};`);
  const told: TaskEvent[] = [];
  const begun: Record<string, number> = {};
  const tasks = new LocalTasks({
    run: { flow: "Fit", run: 1 },
    lineage: lineageOf(fit),
    api: { url: "http://localhost", region: "us-east-1" },
    maxWorkers: 2,
    runtime,
    flowModule: "",
    root: folder,
    logs: join(folder, "logs"),
    env: {},
    emit: (event) => told.push(event),
    startTask: async ({ index }) => {
      const attempt = (begun[index] = (begun[index] ?? 0) + 1);
      return index === "done" ? { state: "done" } : ({ state: "started", attempt } as StartedTask);
    },
    readAttempts: async () => attempts as Attempt[],
  });
  const run = (size: number, tries = 1, signal = never) =>
    tasks.run({ step: "fit", size, attempts: tries, proof: "shown", index: String }, signal);
  return { tasks, told, begun, run };
}

test("no more tasks run at once than there may be workers", async () => {
  const { run, told } = open("setTimeout(() => {}, 30)");
  expect(await run(5)).toEqual([]);
  let running = 0;
  let most = 0;
  for (const { type } of told) {
    if (type === "task.started") most = Math.max(most, ++running);
    if (type === "task.finished") running--;
  }
  expect(most).toBe(2);
  expect(told.filter((event) => event.type === "task.finished" && event.status === "succeeded")).toHaveLength(5);
});

test("a task is tried again while it has tries, with its step's environment, and says how often", async () => {
  const { run, told } = open(
    `console.log(process.env.UNIT, process.env.AWS_BATCH_JOB_ATTEMPT, process.env.MILLRACE_ATTEMPTS);
     process.exitCode = booted.started.attempt < 3 ? 1 : 0;`,
  );
  expect(await run(1, 3)).toEqual([]);
  const lines = told.flatMap((event) => (event.type === "task.output" ? [event.text] : []));
  expect(lines).toEqual(["metre 1 3", "metre 2 3", "metre 3 3"]);
});

test("a failure is what the task itself has reported", async () => {
  const error = { name: "TypeError", message: "bad" };
  const reported = await open("process.exitCode = 1", [{ attempt: 1, status: "failed", error }]).run(1);
  expect(reported).toEqual([{ index: "0", attempt: 1, error }]);
});

test.each([
  ["process.exitCode = 3", "exit code 3"],
  [`process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)`, "killed (SIGKILL)"],
  [`process.kill(process.pid, "SIGSEGV"); setInterval(() => {}, 1000)`, "crashed (SIGSEGV)"],
])("of a task that died without a word it is told how its process ended: %s", async (body, words) => {
  expect(await open(body).run(1)).toMatchObject([
    { error: { name: "WorkerDied", message: expect.stringContaining(words) as string } },
  ]);
});

test("an attempt that may not be tried again is not", async () => {
  const { run, begun } = open("process.exitCode = 86");
  expect(await run(1, 5)).toHaveLength(1);
  expect(begun).toEqual({ 0: 1 });
});

test("a run that stops tells its tasks to end, and those that wait begin no more", async () => {
  const { run, told, begun, tasks } = open(
    `process.on("SIGTERM", () => process.exit(143)); setInterval(() => {}, 1000);`,
  );
  const stop = new AbortController();
  const running = run(4, 3, stop.signal);
  while (told.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort(new Error("stopped"));
  await expect(running).rejects.toThrow("stopped");
  await tasks.close();
  expect(Object.keys(begun).length).toBeLessThanOrEqual(2);
  expect(told.filter((event) => event.type === "task.finished").every(({ status }) => status === "stopped")).toBe(true);
});
