import { afterEach, describe, expect, test, vi } from "vitest";
import type { Job } from "../../engine/job.ts";
import type { TaskEvent } from "../../engine/world.ts";
import { lineageOf } from "../../graph/lineage.ts";
import type { TaskOutcome } from "../../runtime/task.ts";
import type { WorkPage } from "../../runtime/worker/protocol.ts";
import { flow } from "../../sdk/index.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";
import { openSqliteLedger } from "../../store/ledger/sqlite/sqlite-ledger.ts";
import type { FlowWorker, TaskMessage } from "../flow-worker.ts";
import type { WorkerEnding } from "../worker-process.ts";
import { Scheduler } from "./scheduler.ts";

const { graph } = flow("Fit")
  .branch({
    plain: (b) => b.step("fit", () => ({})),
    retried: (b) => b.step("again", { retry: { attempts: 2, backoff: "50ms", rate: 1 } }, () => ({})),
    soft: (b) => b.step("caught", { catch: true }, () => ({})),
    timed: (b) => b.step("timed", { timeout: "1s" }, () => ({})),
  })
  .join("end", () => ({}));

const DONE: TaskOutcome = { status: "succeeded", own: {}, controls: [] };
const failed = (message: string): TaskOutcome => ({ status: "failed", error: { name: "Error", message } });

type Answer = (task: {
  readonly index: string;
  readonly attempt: number;
  readonly step: string;
}) => TaskOutcome | "never";

/** A worker that answers at once as it is told; what it was given and asked is noted. */
class FakeWorker implements FlowWorker {
  static count = 0;
  readonly pid = 1000 + FakeWorker.count++;
  readonly loaded: Promise<unknown>;
  readonly pages: string[][] = [];
  readonly asked: string[] = [];
  onTask: (message: TaskMessage) => void = () => {};
  onEnd: (ending: WorkerEnding) => void = () => {};
  readonly #answer: Answer;

  constructor(answer: Answer, loaded: Promise<unknown>) {
    this.#answer = answer;
    this.loaded = loaded;
  }

  start({ page: { step }, tasks }: WorkPage): void {
    this.pages.push(tasks.map(({ index }) => `${step}/${index}`));
    for (const { index, attempt } of tasks) {
      const outcome = this.#answer({ step, index, attempt });
      if (outcome === "never") return;
      queueMicrotask(() => this.onTask({ type: "finished", outcome, seconds: 0.001 }));
    }
  }
  /** As a process does, it ends the task that runs. */
  stop(): void {
    this.asked.push("stop");
    const outcome = { status: "stopped", error: { name: "Stopped", message: "told to" } } as const;
    setTimeout(() => this.onTask({ type: "finished", outcome, seconds: 0.001 }), 5);
  }
  kill(): void {
    this.asked.push("kill");
  }
  close(): void {
    this.asked.push("close");
  }
}

let ledger: Ledger;
const key = { flow: "Fit", run: 1 };
const never = new AbortController().signal;
const job = (over: Partial<Job> = {}): Job => ({
  step: "fit",
  size: 1,
  attempts: 1,
  proof: "",
  index: String,
  ...over,
});

interface Opening {
  readonly maxWorkers?: number;
  readonly isolate?: boolean;
  /** When the worker of that number, from 0, has loaded the flow's code. */
  readonly load?: (worker: number) => Promise<unknown>;
}

async function open(answer: Answer, { maxWorkers = 1, isolate = false, load = () => Promise.resolve() }: Opening = {}) {
  ledger = await openSqliteLedger(":memory:");
  const about = { namespace: "user:test", user: "test", tags: [], codePackage: "", graph: "", parameters: {} };
  await ledger.createRun({ flow: "Fit", createdAt: 1, ...about });
  const events: TaskEvent[] = [];
  const workers: FakeWorker[] = [];
  const scheduler = new Scheduler({
    scope: { ledger, key, lineage: lineageOf(graph), parameters: {} },
    exportName: "default",
    tags: [],
    maxWorkers,
    isolate,
    startWorker() {
      const worker = new FakeWorker(answer, load(workers.length));
      workers.push(worker);
      return worker;
    },
    events: { isRead: true, emit: (event) => void events.push(event) },
  });
  const ends = () =>
    events.flatMap((event) =>
      event.type === "task.finished" ? [[event.index, event.attempt, event.status, event.retryInSeconds]] : [],
    );
  return { scheduler, workers, events, ends };
}

afterEach(() => ledger.close());

describe("the scheduler", () => {
  test("resolves once all tasks of a job have ended, with those that failed for good", async () => {
    const { scheduler, ends } = await open(({ index }) => (index === "1" ? failed("not one") : DONE));
    const result = await scheduler.run(job({ size: 3 }), never);
    expect(result).toEqual([{ index: "1", attempt: 1, error: { name: "Error", message: "not one" } }]);
    expect(ends().map(([index, , status]) => `${index} ${status}`)).toEqual(["0 succeeded", "1 failed", "2 succeeded"]);
    expect(await ledger.listSteps(key)).toMatchObject([{ step: "fit", running: 0, succeeded: 2, failed: 1 }]);
  });

  test("tries a task again after its wait, as often as it may, and says so", async () => {
    const { scheduler, ends } = await open(({ attempt }) => (attempt < 3 ? failed("not yet") : DONE));
    expect(await scheduler.run(job({ step: "again", attempts: 3 }), never)).toEqual([]);
    expect(ends()).toEqual([
      ["0", 1, "failed", 0.05],
      ["0", 2, "failed", 0.05],
      ["0", 3, "succeeded", undefined],
    ]);
  });

  test("makes one try of what the machine tries again, and says that it is no end", async () => {
    const { scheduler, ends } = await open(() => failed("no"));
    const lambda = job({ attempts: 2, isRetriedByMachine: true });
    expect(await scheduler.run(lambda, never)).toHaveLength(1);
    expect(await scheduler.run({ ...lambda }, never)).toHaveLength(1);
    expect(ends()).toEqual([
      ["0", 1, "failed", 0],
      ["0", 2, "failed", undefined],
    ]);
  });

  test("takes a failure that the task has caught for no failure of its job", async () => {
    const error = { name: "Error", message: "soft" };
    const { scheduler } = await open(() => ({ status: "failed", error, caught: true, own: {}, controls: [] }));
    expect(await scheduler.run(job({ step: "caught" }), never)).toEqual([]);
  });

  test("fails only the task that ran where a worker dies, and gives its others to another", async () => {
    let died = false;
    const { scheduler, workers, ends } = await open(({ index }) => {
      if (index !== "2" || died) return DONE;
      died = true;
      const [worker] = workers;
      setTimeout(() => worker!.onEnd({ code: null, signal: "SIGSEGV" }), 1);
      return "never";
    });
    const result = await scheduler.run(job({ size: 6 }), never);
    expect(result).toMatchObject([{ index: "2", error: { name: "WorkerDied" } }]);
    expect(ends()).toHaveLength(6);
    expect(workers).toHaveLength(2);
  });

  test("gives every task a process of its own where that is asked for", async () => {
    const { scheduler, workers } = await open(() => DONE, { isolate: true, maxWorkers: 2 });
    await scheduler.run(job({ size: 4 }), never);
    expect(workers.map(({ pages }) => pages.flat().length)).toEqual([1, 1, 1, 1]);
  });

  test("begins no attempt where the flow's code cannot be loaded, and says why", async () => {
    const load = () => Promise.reject(new Error("it throws on import"));
    const { scheduler, workers, events } = await open(() => DONE, { load });
    await expect(scheduler.run(job({ size: 3 }), never)).rejects.toThrow("it throws on import");
    await scheduler.stop();
    scheduler.close();
    expect(workers[0]!.pages).toEqual([]);
    expect(await ledger.listSteps(key)).toEqual([]);
    expect(events).toEqual([]);
  });

  test("begins nothing on a worker that is still loading the flow's code", async () => {
    let loaded = () => {};
    const load = () => new Promise<void>((resolve) => (loaded = resolve));
    const { scheduler, workers } = await open(() => DONE, { load });
    const running = [scheduler.run(job({ size: 2 }), never), scheduler.run(job({ step: "caught" }), never)];
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(workers[0]!.pages).toEqual([]);
    expect(await ledger.listSteps(key)).toEqual([]);
    loaded();
    expect(await Promise.all(running)).toEqual([[], []]);
    scheduler.close();
  });

  test("kills the workers that are at a task when it closes, and lets the others end by themselves", async () => {
    const { scheduler, workers } = await open(({ index }) => (index === "0" ? "never" : DONE), { maxWorkers: 2 });
    void scheduler.run(job({ size: 2 }), never).catch(() => {});
    await vi.waitUntil(() => workers.flatMap(({ pages }) => pages.flat()).length === 2);
    await vi.waitUntil(async () => (await ledger.listSteps(key))[0]?.succeeded === 1);
    scheduler.close();
    const kills = (worker: FakeWorker) => worker.asked.filter((one) => one === "kill").length;
    expect(workers.map((worker) => [worker.pages.flat(), kills(worker)]).toSorted()).toEqual([
      [["fit/0"], 1],
      [["fit/1"], 0],
    ]);
  });

  test("goes on where one worker of several cannot load it, and gives up where three in a row cannot", async () => {
    const unloadable = () => Promise.reject(new Error("no memory"));
    const one = await open(() => DONE, {
      maxWorkers: 4,
      isolate: true,
      load: (at) => (at === 1 ? unloadable() : Promise.resolve()),
    });
    expect(await one.scheduler.run(job({ size: 6 }), never)).toEqual([]);
    one.scheduler.close();
    await ledger.close();
    const all = await open(() => DONE, { maxWorkers: 4, isolate: true, load: unloadable });
    await expect(all.scheduler.run(job({ size: 6 }), never)).rejects.toThrow("no memory");
    all.scheduler.close();
  });

  test("gives a worker its next tasks before it has run out of short ones", async () => {
    const { scheduler, workers } = await open(() => DONE);
    const running = scheduler.run(job({ size: 200 }), never);
    const [worker] = workers;
    /** How many tasks it had left each time it was given more. */
    const left: number[] = [];
    let has = 0;
    let work = Promise.resolve();
    worker!.start = ({ tasks }) => {
      left.push(has);
      has += tasks.length;
      for (const _ of tasks)
        work = work.then(async () => {
          await new Promise((resolve) => setImmediate(resolve));
          has--;
          worker!.onTask({ type: "finished", outcome: DONE, seconds: 0.0005 });
        });
    };
    expect(await running).toEqual([]);
    expect(Math.max(...left)).toBeGreaterThan(0);
    scheduler.close();
  });

  test("takes back what a worker had no time for, gives it out first, and counts it once", async () => {
    const { scheduler, workers, ends } = await open(() => DONE);
    const running = scheduler.run(job({ size: 9 }), never);
    const [worker] = workers;
    const pages: string[][] = [];
    worker!.start = ({ from, tasks }) => {
      pages.push(tasks.map(({ index }) => index));
      queueMicrotask(() => {
        if (tasks.length > 1) worker!.onTask({ type: "returned", from: from + 1, to: from + tasks.length });
        worker!.onTask({ type: "finished", outcome: DONE, seconds: from === 0 ? 0.001 : 0.03 });
      });
    };
    expect(await running).toEqual([]);
    expect(pages.slice(0, 2)).toEqual([["0"], ["1", "2", "3", "4"]]);
    expect(pages[2]![0]).toBe("2");
    expect(ends().map(([index]) => index)).toEqual(Array.from({ length: 9 }, (_, i) => String(i)));
    scheduler.close();
  });

  test("kills a worker whose task is over by its timeout, as its handler may run on, and takes another", async () => {
    const timedOut: TaskOutcome = { status: "failed", error: { name: "Timeout", message: "too long" } };
    const { scheduler, workers } = await open(({ index }) => (index === "0" ? timedOut : DONE));
    expect(await scheduler.run(job({ size: 2 }), never)).toMatchObject([{ index: "0", error: { name: "Timeout" } }]);
    expect(workers.map(({ asked }) => asked.includes("kill"))).toEqual([true, false]);
    scheduler.close();
  });

  test.each([
    ["does not end by itself at its timeout", "timed", 4_000],
    ["is told to stop and does not", "fit", 3_000],
  ])("kills a worker whose task %s", async (_, step, milliseconds) => {
    const { scheduler, workers } = await open(() => "never");
    const stop = new AbortController();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const running = scheduler.run(job({ step }), stop.signal);
      running.catch(() => {});
      while (workers[0]!.pages.length === 0) await new Promise((resolve) => setImmediate(resolve));
      workers[0]!.stop = () => {};
      if (step === "fit") stop.abort(new Error("enough"));
      vi.advanceTimersByTime(milliseconds - 10);
      expect(workers[0]!.asked).toEqual([]);
      vi.advanceTimersByTime(20);
      expect(workers[0]!.asked).toEqual(["kill"]);
    } finally {
      vi.useRealTimers();
      scheduler.close();
    }
  });

  test("starts no more workers than there may be", async () => {
    const { scheduler, workers } = await open(() => "never", { maxWorkers: 3 });
    void scheduler.run(job({ size: 50 }), never).catch(() => {});
    await vi.waitUntil(() => workers.length === 3 && workers.every(({ pages }) => pages.length === 1));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(workers).toHaveLength(3);
    scheduler.close();
  });

  test("a job that nobody wants any more begins no further task, and what runs of it is told to stop", async () => {
    const { scheduler, workers, ends } = await open(() => "never");
    const stop = new AbortController();
    const running = scheduler.run(job({ size: 3 }), stop.signal);
    await vi.waitUntil(() => workers[0]?.pages.length === 1);
    stop.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await scheduler.stop();
    expect(ends()).toEqual([["0", 1, "stopped", undefined]]);
    expect(workers[0]!.asked).toContain("stop");
    scheduler.close();
  });

  test("a task whose job was given up while it began is not run, and does not stay running", async () => {
    const { scheduler, workers } = await open(() => DONE);
    const startAttempts = ledger.startAttempts.bind(ledger);
    const stop = new AbortController();
    ledger.startAttempts = async (...asked) => {
      const started = await startAttempts(...asked);
      stop.abort(new Error("enough"));
      return started;
    };
    await expect(scheduler.run(job(), stop.signal)).rejects.toThrow("enough");
    await vi.waitUntil(async () => (await ledger.listSteps(key))[0]?.stopped === 1);
    expect(workers[0]!.pages).toEqual([]);
    scheduler.close();
  });

  test("a ledger that can't be used ends every job with the reason, and the end can still be waited for", async () => {
    const { scheduler } = await open(() => DONE);
    ledger.startAttempts = () => Promise.reject(new Error("disk full"));
    await expect(scheduler.run(job(), never)).rejects.toThrow("disk full");
    await expect(scheduler.run(job(), never)).rejects.toThrow("disk full");
    await scheduler.stop();
    scheduler.close();
  });

  test("a task that had finished before is not run again", async () => {
    const { scheduler, workers } = await open(() => DONE);
    await scheduler.run(job({ size: 2 }), never);
    expect(await scheduler.run(job({ size: 3 }), never)).toEqual([]);
    expect(workers.flatMap(({ pages }) => pages.flat()).toSorted()).toEqual(["fit/0", "fit/1", "fit/2"]);
  });
});
