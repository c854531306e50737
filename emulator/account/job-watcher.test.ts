import { describe, expect, test, vi } from "vitest";
import { MillraceError } from "../../graph/errors.ts";
import type { DescribedJob } from "../../aws/batch/described-job.ts";
import type { StateJob } from "../../engine/job.ts";
import { StepCounts } from "../../engine/task-counts.ts";
import type { TaskEvent } from "../../engine/world.ts";
import { JobWatcher, type WatchedBatch } from "./job-watcher.ts";

const stoppedAt = 2_000;
const done = { status: "SUCCEEDED", attempts: [{ startedAt: 1_000, stoppedAt, container: { exitCode: 0 } }] };

/** Batch whose jobs are what `describe` says of them; what it was asked is noted. */
function fakeBatch(describe: (id: string) => DescribedJob | undefined, patienceMilliseconds?: number) {
  const asked: string[][] = [];
  const terminated: string[] = [];
  let submitted = 0;
  const batch: WatchedBatch = {
    submit: async () => `job-${submitted++}`,
    async describeJobs(jobs) {
      asked.push([...jobs]);
      return jobs.flatMap((jobId) => {
        const job = describe(jobId);
        return job ? [{ jobId, ...job }] : [];
      });
    },
    terminate: async (job) => void terminated.push(job),
    describeQueues: async ([jobQueueName]) => ({
      queues: [{ jobQueueName, state: "DISABLED", status: "VALID" }],
      environments: [],
    }),
    close: () => {},
  };
  const told: TaskEvent[] = [];
  const counts = new StepCounts();
  const watcher = new JobWatcher({
    batch,
    logs: { read: async () => ({ lines: ["Task finished with exit code 0."] }), close: () => {} },
    emit(event) {
      told.push(event);
      counts.add(event);
    },
    readAttempts: async () => [],
    isCaught: () => false,
    ...(patienceMilliseconds !== undefined && { patienceMilliseconds }),
  });
  return { batch, watcher, asked, terminated, told, counts };
}

const never = new AbortController().signal;
const job = (place = "0"): StateJob => ({
  parameters: {},
  step: "fit",
  place,
  size: 1,
  attempts: 1,
  proof: "",
  isArray: false,
  index: () => place,
});
const array = (size: number): StateJob => ({ ...job(), size, isArray: true, index: String });

describe("the watcher of a run's jobs", () => {
  test("asks about all of them at once, at most a hundred", async () => {
    let isDone = false;
    const { watcher, asked, counts } = fakeBatch(() => (isDone ? done : { status: "RUNNABLE" }));
    const jobs = Array.from({ length: 130 }, (_, i) => watcher.run(job(String(i)), never));
    await vi.waitUntil(() => asked.length >= 2);
    isDone = true;
    await Promise.all(jobs);
    await watcher.close();
    expect(asked.slice(0, 2).map(({ length }) => length)).toEqual([100, 30]);
    expect(counts.total).toEqual({ succeeded: 130, failed: 0, caught: 0, stopped: 0 });
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
    const describeJobs = batch.describeJobs;
    batch.describeJobs = async (jobs) => {
      batch.describeJobs = describeJobs;
      throw new MillraceError("account.busy", `${jobs.length} jobs`);
    };
    expect(await watcher.run(job(), never)).toEqual([]);
    await watcher.close();
  });

  test("fails the run where Batch is broken for longer than is bearable, and says how long that was", async () => {
    const { watcher, batch, terminated } = fakeBatch(() => done, 0);
    batch.describeJobs = async () => {
      throw Object.assign(new Error("Internal failure"), { $fault: "server", $metadata: { httpStatusCode: 500 } });
    };
    await expect(watcher.run(job(), never)).rejects.toMatchObject({
      code: "account.unreachable",
      message: expect.stringMatching(/AWS Batch has not answered for \d+ minutes: Internal failure/) as string,
    });
    await watcher.close();
    expect(terminated).toEqual(["job-0"]);
  });

  test.each([
    ["a server error", Object.assign(new Error("broken"), { $fault: "server" })],
    ["throttling", Object.assign(new Error("slow down"), { $fault: "client", $metadata: { httpStatusCode: 429 } })],
  ])("asks again after %s that AWS names as nothing that is known here", async (_, thrown) => {
    const { watcher, batch } = fakeBatch(() => done);
    const describeJobs = batch.describeJobs;
    batch.describeJobs = async () => {
      batch.describeJobs = describeJobs;
      throw thrown;
    };
    expect(await watcher.run(job(), never)).toEqual([]);
    await watcher.close();
  });

  test.each([
    ["a bug", new TypeError("jobs is not iterable")],
    ["an answer that nobody here expects", Object.assign(new Error("no such parameter"), { $fault: "client" })],
  ])("%s ends the run with what was thrown, stack and all", async (_, thrown) => {
    const { watcher, batch } = fakeBatch(() => done);
    batch.describeJobs = async () => {
      throw thrown;
    };
    await expect(watcher.run(job(), never)).rejects.toBe(thrown);
    await watcher.close();
  });

  test("a job that Batch cannot take for the moment is the machine's to submit again", async () => {
    const { watcher, batch } = fakeBatch(() => done);
    batch.submit = async () => {
      throw Object.assign(new Error("too many"), { name: "TooManyRequestsException", $fault: "client" });
    };
    await expect(watcher.run(job(), never)).rejects.toMatchObject({ error: "Batch.TooManyRequestsException" });
    batch.submit = async () => {
      throw new TypeError("undefined is not a function");
    };
    await expect(watcher.run(job(), never)).rejects.toBeInstanceOf(TypeError);
    await watcher.close();
  });

  test("gives up where this person may not look, and terminates what was begun", async () => {
    const { watcher, batch, terminated } = fakeBatch(() => done);
    batch.describeJobs = async () => {
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
