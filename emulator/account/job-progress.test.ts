import { expect, test } from "vitest";
import { childrenBegun, logOf, NOTHING_EMITTED, progressOf, emittedAfter, type Emitted } from "./job-progress.ts";
import type { DescribedJob } from "../../aws/batch/described-job.ts";

const ended = (over: object = {}) => ({ startedAt: 1_000, stoppedAt: 3_000, container: { exitCode: 1 }, ...over });
const emitted = (over: Partial<Emitted> = {}): Emitted => ({ ...NOTHING_EMITTED, status: "RUNNABLE", ...over });

test.each<[what: string, before: Emitted, job: DescribedJob, happened: string[]]>([
  ["that it waits", emitted({ status: "SUBMITTED" }), { status: "RUNNABLE" }, ["status RUNNABLE"]],
  ["nothing twice", emitted(), { status: "RUNNABLE" }, []],
  ["that it runs", emitted(), { status: "RUNNING" }, ["status RUNNING", "begun 1"]],
  [
    "that it was over before anybody saw it run",
    emitted(),
    { status: "SUCCEEDED", attempts: [ended()] },
    ["status SUCCEEDED", "begun 1", "ended 1 last", "over well"],
  ],
  [
    "that it is tried again",
    emitted({ status: "RUNNING", begun: 1 }),
    { status: "RUNNABLE", attempts: [ended()] },
    ["status RUNNABLE", "ended 1"],
  ],
  [
    "that it runs again",
    emitted({ begun: 1, ended: 1 }),
    { status: "RUNNING", attempts: [ended()] },
    ["status RUNNING", "begun 2"],
  ],
  [
    "attempts that nobody saw, each in its turn",
    emitted({ status: "RUNNING", begun: 1 }),
    { status: "FAILED", attempts: [ended(), ended()] },
    ["status FAILED", "ended 1", "begun 2", "ended 2 last", "over badly"],
  ],
  ["an end without a beginning", emitted(), { status: "FAILED", attempts: [] }, ["status FAILED", "over badly"]],
  [
    "no end of an attempt that goes on",
    emitted(),
    { status: "RUNNING", attempts: [{ startedAt: 1_000 }] },
    ["status RUNNING", "begun 1"],
  ],
])("of a job is told %s", (_, before, job, happened) => {
  const changes = progressOf(before, job);
  const texts = changes.map((one) => {
    if (one.type === "status") return `status ${one.status}`;
    if (one.type === "over") return `over ${one.succeeded ? "well" : "badly"}`;
    return `${one.type} ${one.attempt}${one.type === "ended" && one.isLast ? " last" : ""}`;
  });
  expect(texts).toEqual(happened);
  const after = progressOf(emittedAfter(before, changes), job).filter(({ type }) => type !== "over");
  expect(after).toEqual([]);
});

test("the log of an attempt that has ended is its own, not that of the one after it", () => {
  const attempts = [ended({ container: { logStreamName: "first" } })];
  const job = { status: "RUNNING", attempts, container: { logStreamName: "second" } };
  expect([1, 2].map((attempt) => logOf(job, attempt))).toEqual([
    { group: "/aws/batch/job", stream: "first" },
    { group: "/aws/batch/job", stream: "second" },
  ]);
});

test("the log's group is that of the job's definition", () => {
  const logConfiguration = { options: { "awslogs-group": "/millrace/dev/tasks" } };
  expect(logOf({ container: { logStreamName: "one", logConfiguration } }, 1)?.group).toBe("/millrace/dev/tasks");
});

test("an array's children count once they start", () => {
  const statusSummary = { PENDING: 5, RUNNABLE: 4, STARTING: 1, RUNNING: 2, SUCCEEDED: 3, FAILED: 1 };
  expect(childrenBegun({ arrayProperties: { statusSummary } })).toBe(7);
});
