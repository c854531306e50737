import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { JobStatus, RunEvent, RunFinished, TaskFinished } from "../../engine/events.ts";
import { jsonOutput } from "./json.ts";
import type { Output } from "./output.ts";
import { plainOutput } from "./plain.ts";
import { openSink } from "./sink.ts";
import { RunTally } from "./summary.ts";
import { terminalOutput } from "./terminal.ts";

const ofRun = { flow: "Stats", run: 42, at: 1000 };

function ofTask(step: string, index = "0", attempt = 1) {
  return { ...ofRun, step, index, attempt, pid: 7 };
}
const started = (step: string, index?: string, attempt?: number): RunEvent => ({
  type: "task.started",
  ...ofTask(step, index, attempt),
});
const output = (step: string, text: string): RunEvent => ({
  type: "task.output",
  ...ofTask(step),
  text,
});
const finished = (step: string, index?: string, more: Partial<TaskFinished> = {}): TaskFinished => ({
  type: "task.finished",
  ...ofTask(step, index),
  status: "succeeded",
  seconds: 1,
  ...more,
});
const jobStatus = (status: JobStatus["status"], more: Partial<JobStatus> = {}): JobStatus => ({
  type: "job.status",
  ...ofRun,
  step: "fit",
  index: "0",
  job: "0f-1",
  status,
  ...more,
});
const begun: RunEvent = { type: "run.started", ...ofRun, tags: [] };
const ended = (more: Partial<RunFinished> = {}): RunFinished => ({
  type: "run.finished",
  ...ofRun,
  status: "succeeded",
  seconds: 2,
  tasks: { succeeded: 2, failed: 0, stopped: 0 },
  ...more,
});

/** What an output writes for events, as text. */
async function written(open: (stream: PassThrough) => Output, events: readonly RunEvent[]): Promise<string> {
  const stream = new PassThrough({ highWaterMark: 1 << 24 });
  const out = open(stream);
  for (const event of events) out.emit(event);
  await out.end();
  return String(stream.read() ?? "");
}

const plain = (events: readonly RunEvent[]) => written((stream) => plainOutput(openSink(stream)), events);

describe("a run on a pipe", () => {
  test("has a line for its start, for what each task does, and for its end", async () => {
    expect(await plain([begun, started("start"), output("start", "Dataset created"), finished("start"), ended()])).toBe(
      [
        "Workflow starting (run-id 42):",
        "[42/start/0 (pid 7)] Task is starting.",
        "[42/start/0 (pid 7)] Dataset created",
        "[42/start/0 (pid 7)] Task finished successfully.",
        "Done!",
        "",
      ].join("\n"),
    );
  });

  test.each<[string, RunEvent, string]>([
    [
      "a failed task with its error and place",
      finished("a", "3", {
        status: "failed",
        error: { name: "TypeError", message: "bad\nmore", source: "f.ts:1:2" },
      }),
      "[42/a/3 (pid 7)] Task failed: TypeError: bad (f.ts:1:2)",
    ],
    [
      "that another attempt follows",
      finished("a", "0", {
        status: "failed",
        error: { name: "Error", message: "x" },
        retryInSeconds: 3,
      }),
      "[42/a/0 (pid 7)] Task failed: Error: x; attempt 2 follows in 3.0 s.",
    ],
    [
      "that one follows whose wait is not known, or none",
      finished("a", "0", { status: "failed", error: { name: "Error", message: "x" }, retryInSeconds: 0 }),
      "[42/a/0 (pid 7)] Task failed: Error: x; attempt 2 follows.",
    ],
    [
      "a failure that is caught",
      finished("a", "0", {
        status: "failed",
        error: { name: "Error", message: "x" },
        caught: true,
      }),
      "[42/a/0 (pid 7)] Task failed: Error: x; it is caught, the flow goes on.",
    ],
    ["a further attempt", started("a", "0", 2), "[42/a/0 (pid 7)] Task is starting (attempt 2)."],
    ["a stopped task", finished("a", "0", { status: "stopped" }), "[42/a/0 (pid 7)] Task was stopped."],
    ["a failed run", ended({ status: "failed" }), "Workflow failed."],
    ["a job on its way", jobStatus("RUNNABLE"), "[42/fit/0] [0f-1] Task is starting (status RUNNABLE)..."],
    [
      "why a job waits",
      jobStatus("RUNNABLE", { reason: "The queue is disabled." }),
      "[42/fit/0] [0f-1] Task is starting (status RUNNABLE)... The queue is disabled.",
    ],
    [
      "an array of jobs as one",
      jobStatus("SUBMITTED", { size: 1400 }),
      "[42/fit] [0f-1] 1,400 tasks are starting (status SUBMITTED)...",
    ],
    [
      "what a task elsewhere prints",
      { type: "task.output", ...ofRun, step: "fit", index: "3", attempt: 1, job: "0f-1:3", text: "epoch 1" },
      "[42/fit/3] epoch 1",
    ],
  ])("tells %s", async (_, event, line) => {
    expect(await plain([event])).toBe(`${line}\n`);
  });

  test("says once that a job runs and that it is over", async () => {
    const there = { ...ofRun, step: "fit", index: "0", attempt: 1, job: "0f-1" };
    const events: RunEvent[] = [
      jobStatus("RUNNING"),
      { type: "task.started", ...there },
      jobStatus("SUCCEEDED"),
      { type: "task.finished", ...there, status: "succeeded", seconds: 1 },
    ];
    expect(await plain(events)).toBe(
      "[42/fit/0] [0f-1] Task is starting (status RUNNING)...\n[42/fit/0] Task finished successfully.\n",
    );
  });

  test("as JSON is its events, one a line", async () => {
    const events = [begun, started("start"), ended()];
    const lines = (await written((stream) => jsonOutput(openSink(stream)), events)).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(events);
  });
});

describe("writing to a stream", () => {
  test("twenty thousand lines take few writes", async () => {
    const chunks: unknown[] = [];
    const stream = new PassThrough();
    stream.on("data", (chunk) => chunks.push(chunk));
    const out = plainOutput(openSink(stream));
    for (let i = 0; i < 20_000; i++) out.emit(output("start", `line ${i}`));
    await out.end();
    expect(
      Buffer.concat(chunks as Buffer[])
        .toString()
        .split("\n").length,
    ).toBe(20_001);
    expect(chunks.length).toBeLessThan(40);
  });

  test("a reader that has gone is no error", async () => {
    const stream = new PassThrough();
    const sink = openSink(stream);
    stream.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await new Promise((resolve) => setImmediate(resolve));
    sink.write("more");
    await sink.flush();
    expect(sink.isRead).toBe(false);
  });
});

/** What stays on a terminal without colours once everything is over: nothing of the lines that were drawn in place. */
async function onTerminal(events: readonly RunEvent[]): Promise<string[]> {
  const text = await written(
    (stream) => terminalOutput(openSink(stream), { columns: 200, hasColors: false }, () => 1000),
    events,
  );
  return text.split("\n").map((line) => line.split("\u001B[2K").at(-1)!);
}

const tasks = (step: string, width: number, prefix = ""): RunEvent[] =>
  Array.from({ length: width }, (_, i) => [started(step, prefix + i), finished(step, prefix + i)]).flat();
const split = (step: string, width: number, index = "0"): RunEvent => ({
  type: "split.started",
  ...ofRun,
  step,
  index,
  width,
});

describe("a run on a terminal", () => {
  test("tells a wide foreach in one line, and what is around it as ever", async () => {
    expect(
      await onTerminal([
        begun,
        split("compute", 1000),
        ...tasks("compute", 1000),
        started("merge"),
        finished("merge"),
        ended(),
      ]),
    ).toEqual([
      "Workflow starting (run-id 42):",
      "[42/compute] 1,000 tasks in 0 ms.",
      "[42/merge/0 (pid 7)] Task is starting.",
      "[42/merge/0 (pid 7)] Task finished successfully.",
      "Done! 2.0 s",
      "",
    ]);
  });

  test("tells each task of a narrow one", async () => {
    expect(await onTerminal([split("compute", 3), ...tasks("compute", 3)])).toHaveLength(7);
  });

  test("tells foreachs in a foreach once, though they begin one after the other", async () => {
    const inner = Array.from({ length: 30 }, (_, i) => [
      split("inner", 30, `${i}`),
      ...tasks("inner", 30, `${i}.`),
      started("collect", `${i}`),
      finished("collect", `${i}`),
    ]).flat();
    const lines = await onTerminal([split("outer", 30), ...inner, started("outer"), finished("outer"), ended()]);
    expect(lines.filter((line) => line.includes("inner"))).toEqual(["[42/inner] 900 tasks in 0 ms."]);
    expect(lines).toContain("[42/outer/0 (pid 7)] Task finished successfully.");
  });

  test("tells of the first failures in a wide foreach, and counts all", async () => {
    const failures = Array.from({ length: 30 }, (_, i) => [
      started("compute", `${i}`),
      finished("compute", `${i}`, { status: "failed", error: { name: "Error", message: "x" } }),
    ]).flat();
    const lines = await onTerminal([split("compute", 30), ...failures, ended({ status: "failed" })]);
    expect(lines.filter((line) => line.includes("Task failed")).length).toBe(10);
    expect(lines).toContain("[42/compute] 30 tasks in 0 ms: 30 failed.");
  });

  test("shows how a wide foreach goes while it goes", async () => {
    let clock = 1000;
    const stream = new PassThrough();
    const out = terminalOutput(openSink(stream), { columns: 200, hasColors: false }, () => clock);
    for (const event of [split("compute", 400), ...tasks("compute", 100), started("compute", "100")]) out.emit(event);
    clock += 12_300;
    out.emit(finished("compute", "101", { status: "failed" }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(String(stream.read())).toContain("compute: 101 of 400 done, 0 running, 1 failed, 12.3 s");
    await out.end();
  });
});

describe("a run that did not succeed", () => {
  const tally = new RunTally();
  for (const event of [
    ...tasks("start", 1),
    ...tasks("compute", 2),
    started("compute", "2"),
    finished("compute", "2", { status: "failed" }),
  ])
    tally.add(event);
  const error = {
    name: "TypeError",
    message: "x is not a function\nat all",
    source: "stats.ts:14:36",
    step: "compute",
    index: "2",
  };
  const summary = tally.summarize(ended({ status: "failed", error, notRun: ["merge", "end"] }));

  test.each([
    ["which task failed, and its whole error", "Task Stats/42/compute/2: TypeError: x is not a function\n    at all\n"],
    ["the author's own file and line", "at stats.ts:14:36"],
    ["what ran", "Ran:     start, compute (2 tasks succeeded, 1 failed)\n"],
    ["what did not", "Not run: merge, end\n"],
    ["how to see the log", "millrace logs Stats/42/compute/2\n"],
  ])("says %s", (_, text) => {
    expect(summary).toContain(text);
  });
});
