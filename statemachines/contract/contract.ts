import { runName, type RunKey } from "../../graph/run-name.ts";
import type { ControlFields } from "./control-item.ts";
import type { TaskError } from "../../graph/task-error.ts";

/**
 * What a compiled machine and those around it hold each other to: what it is started with, and what it says to the
 * tasks and functions that it calls. The compiler writes this side of it, engines and functions the other.
 */

/** What a run's execution is started with; one within it is as well, but for `enter` where nothing enters there. */
export interface MachineInput {
  /** `Flow/42`. */
  readonly run: string;
  /**
   * Where the execution stands, further on `{ p, k?, out? }`: `p` is the index of a task here; inside a loop `k` is the
   * round and `out` the position around the loop.
   */
  readonly at: { readonly p: "0" };
  /** The step to enter at, for resume: the outermost block that holds it begins anew; "" is the flow's beginning. */
  readonly enter: string;
  /** The run's, from which the proofs are made that its tasks show to begin (start-proof.ts). */
  readonly secret: string;
}

export function machineInput(run: RunKey, secret: string, enter = ""): MachineInput {
  return { run: runName(run), at: { p: "0" }, enter, secret };
}

/** The resources of the integrations that a machine uses; the last two are what a distributed Map reads and writes by. */
export const INTEGRATIONS = {
  job: "arn:aws:states:::batch:submitJob.sync",
  invoke: "arn:aws:states:::lambda:invoke",
  read: "arn:aws:states:::dynamodb:getItem",
  nest: "arn:aws:states:::states:startExecution.sync:2",
  items: "arn:aws:states:::s3:getObject",
  results: "arn:aws:states:::s3:putObject",
} as const;

/**
 * The environment of a task on Batch.
 * - INDEX: the task's index; for a child of an array job that of its foreach, whose child it is by
 *   OFFSET + AWS_BATCH_JOB_ARRAY_INDEX (see arrayChildIndex);
 * - ATTEMPTS: how many attempts there may be, the first counted;
 * - TIMEOUT_SECONDS: where the step has a timeout. The runtime enforces it: a job that Batch itself stops for its
 *   timeout is not retried, so Batch's own comes TIMEOUT_GRACE_SECONDS later;
 * - START_PROOF: what it shows to begin (start-proof.ts).
 */
export const TASK_ENVIRONMENT = {
  run: "MILLRACE_RUN",
  step: "MILLRACE_STEP",
  index: "MILLRACE_INDEX",
  attempts: "MILLRACE_ATTEMPTS",
  offset: "MILLRACE_OFFSET",
  timeoutSeconds: "MILLRACE_TIMEOUT_SECONDS",
  startProof: "MILLRACE_START_PROOF",
} as const;

export const TIMEOUT_GRACE_SECONDS = 60;

/** The index of an array job's child; `depth` is the foreach's own, which tells its "0" from a first child's. */
export function arrayChildIndex(index: string, depth: number, position: number): string {
  return depth === 0 ? String(position) : `${index}.${position}`;
}

/** What the runner function is invoked with, for one attempt of a step whose compute is "lambda". */
export interface RunnerRequest {
  readonly run: string;
  readonly step: string;
  readonly index: string;
  /** How many attempts there may be, the first counted. */
  readonly attempts: number;
  readonly timeoutSeconds?: number;
  /** What the task shows to begin (start-proof.ts). */
  readonly proof: string;
}

/** What it answers; also for a task that had finished before. It throws where the attempt failed. */
export interface RunnerAnswer {
  /** Of the control node that is asked next (see askedNext): must be there where the flow has one after this step. */
  readonly control?: ControlFields;
}

/** What the bookkeeping function is invoked with. */
export type BookkeepingRequest = ControlRequest | RecordFailureRequest;

/** Asks a control value that nobody wrote down before; the answer is a ControlFields. */
interface ControlRequest {
  readonly action: "control";
  readonly run: string;
  readonly node: string;
  readonly index: string;
}

/** Says that a step with `catch` has failed for good; the answer is not looked at. */
export interface RecordFailureRequest {
  readonly action: "recordFailure";
  readonly run: string;
  readonly step: string;
  /** The task's; with `width` that of the foreach whose children were an array job. */
  readonly index: string;
  /** Of the foreach's children those from `offset` on, this many: each that has not finished is recorded. */
  readonly width?: number;
  readonly offset?: number;
  /** The state's error name and cause. */
  readonly error: Pick<TaskError, "name" | "message">;
}

/** The object in the bucket whose elements a distributed Map counts its children by: an array of MAX_WIDTH zeros. */
export const RANGES_KEY = "ranges.json";

/** Where in the bucket a distributed Map leaves what became of its children; nothing reads it. */
export const MAP_RUNS_PREFIX = "map-runs";

/** A foreach may not be wider. */
export const MAX_WIDTH = 1_000_000;
