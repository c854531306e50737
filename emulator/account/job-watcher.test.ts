import { describe, expect, test, vi } from "vitest";
import { MillraceError } from "../../graph/errors.ts";
import type { DescribedJob } from "./job-progress.ts";
import type { SubmittedJob, TaskHappening } from "./job-teller.ts";
import { JobWatcher, type BatchJobs } from "./job-watcher.ts";

const stoppedAt = 2_000;
const done = { status: "SUCCEEDED", attempts: [{ startedAt: 1_000, stoppedAt, container: { exitCode: 0 } }] };

/** Batch whose jobs are what `describe` says of them; what it was asked is noted. */
function fakeBatch(describe: (id: string) => DescribedJob | undefined) {
  const asked: string[][] = [];
  const terminated: string[] = [];
  let submitted = 0;
  const batch: BatchJobs = {
    submit: async () => `job-${submitted++}`,
    async describe(jobs) {
      asked.push([...jobs]);
      return jobs.flatMap((jobId) => {
        const job = describe(jobId);
        return job ? [{ jobId, ...job }] : [];
      });
    },
    terminate: async (job) => void terminated.push(job),
    describeQueue: async (jobQueueName) => ({
      queues: [{ jobQueueName, state: "DISABLED", status: "VALID" }],
      environments: [],
    }),
    close: () => {},
  };
  const told: TaskHappening[] = [];
  const watcher = new JobWatcher({
    batch,
    logs: { read: async () => ({ lines: ["Task finished with exit code 0."] }), close: () => {} },
    tell: (event) => told.push(event),
    readAttempts: async () => [],
    isCaught: () => false,
  });
  return { batch, watcher, asked, terminated, told };
}

const never = new AbortController().signal;
const job = (index = "0"): SubmittedJob => ({ parameters: {}, step: "fit", index });
const array = (size: number): SubmittedJob => ({ ...job(), array: { size, index: String } });

describe("the watcher of a run's jobs", () => {
  test("asks about all of them at once, at most a hundred", async () => {
    let isDone = false;
    const { watcher, asked } = fakeBatch(() => (isDone ? done : { status: "RUNNABLE" }));
    const jobs = Array.from({ length: 130 }, (_, i) => watcher.run(job(String(i)), never));
    await vi.waitUntil(() => asked.length >= 2);
    isDone = true;
    await Promise.all(jobs);
    await watcher.close();
    expect(asked.slice(0, 2).map(({ length }) => length)).toEqual([100, 30]);
    expect(watcher.counts).toEqual({ succeeded: 130, failed: 0, stopped: 0 });
  });

  test("asks about an array's children only once some have begun", async () => {
    let isDone = false;
    const waiting = { status: "PENDING", arrayProperties: { size: 150, statusSummary: { RUNNABLE: 150 } } };
    const over = { status: "SUCCEEDED", arrayProperties: { size: 150, statusSummary: { SUCCEEDED: 150 } } };
    const { watcher, asked, told } = fakeBatch((id) => (id.includes(":") ? done : isDone ? over : waiting));
    const running = watcher.run(array(150), never);
    await vi.waitUntil(() => asked.length >= 2);
    expect(asked.flat().filter((id) => id.includes(":"))).toEqual([]);
    isDone = true;
    expect(await running).toEqual([]);
    await watcher.close();
    expect(new Set(asked.flat()).size).toBe(151);
    expect(told.filter(({ type }) => type === "task.finished")).toHaveLength(150);
  });

  test("names each child that failed, and what Batch says of it", async () => {
    const failed = { status: "FAILED", attempts: [{ startedAt: 1, stoppedAt, container: { exitCode: 137 } }] };
    const over = { status: "FAILED", arrayProperties: { size: 3, statusSummary: { SUCCEEDED: 2, FAILED: 1 } } };
    const { watcher } = fakeBatch((id) => (id.endsWith(":1") ? failed : id.includes(":") ? done : over));
    expect(await watcher.run(array(3), never)).toMatchObject([{ index: "1", error: { name: "OutOfMemory" } }]);
    await watcher.close();
  });

  test("goes on when Batch is busy or out of reach for a while", async () => {
    const { watcher, batch } = fakeBatch(() => done);
    const describeJobs = batch.describe;
    batch.describe = async (jobs) => {
      batch.describe = describeJobs;
      throw new MillraceError("account.busy", `${jobs.length} jobs`);
    };
    expect(await watcher.run(job(), never)).toEqual([]);
    await watcher.close();
  });

  test("gives up where this person may not look, and terminates what was begun", async () => {
    const { watcher, batch, terminated } = fakeBatch(() => done);
    batch.describe = async () => {
      throw new MillraceError("account.denied", "no");
    };
    await expect(watcher.run(job(), never)).rejects.toMatchObject({ code: "account.denied" });
    await watcher.close();
    expect(terminated).toEqual(["job-0"]);
  });

  test("tells why a job waits, once Batch says something", async () => {
    const waiting = { status: "RUNNABLE", statusReason: "MISCONFIGURATION", jobQueue: "spot" };
    const { watcher, told } = fakeBatch(() => waiting);
    const running = watcher.run(job(), never).catch(() => {});
    await vi.waitUntil(() => told.some((event) => event.type === "job.status" && event.reason !== undefined));
    expect(told.at(-1)).toMatchObject({
      type: "job.status",
      status: "RUNNABLE",
      reason: expect.stringContaining("spot is disabled") as string,
    });
    await watcher.close();
    await running;
  });

  test("terminates a job that nobody wants any more, also one that is being submitted", async () => {
    const { watcher, terminated, told } = fakeBatch(() => ({ status: "RUNNING" }));
    const stop = new AbortController();
    const running = watcher.run(job(), stop.signal);
    await vi.waitUntil(() => told.some(({ type }) => type === "task.started"));
    const late = watcher.run(job("1"), stop.signal);
    stop.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
    await expect(late).rejects.toThrow("stopped");
    await watcher.close();
    expect(terminated.toSorted()).toEqual(["job-0", "job-1"]);
    expect(told.at(-1)).toMatchObject({ type: "task.finished", status: "stopped", index: "0" });
  });
});
