import type { Status } from "../store/ledger/ledger.ts";
import type { TaskError } from "../graph/task-error.ts";

/**
 * What a run tells while it goes, in order, as plain data: the command line prints it, `--json` prints it as it is, and a
 * program that calls `run` gets it through `onEvent`. Times are milliseconds since the epoch.
 */
export type RunEvent =
  | RunStarted
  | TaskStarted
  | TaskOutput
  | TaskFinished
  | JobStatus
  | SplitStarted
  | LoopBound
  | RunFinished;

interface OfRun {
  readonly flow: string;
  readonly run: number;
  readonly at: number;
}

interface OfTask extends OfRun {
  readonly step: string;
  readonly index: string;
  readonly attempt: number;
  /** The process that carries it out, where that is one of this machine's. */
  readonly pid?: number;
  /** Else the Batch job, or the function's invocation. */
  readonly job?: string;
}

export interface RunStarted extends OfRun {
  readonly type: "run.started";
  readonly tags: readonly string[];
}

export interface TaskStarted extends OfTask {
  readonly type: "task.started";
}

/** One line that a task printed, without its newline. */
export interface TaskOutput extends OfTask {
  readonly type: "task.output";
  readonly text: string;
}

export interface TaskFinished extends OfTask {
  readonly type: "task.finished";
  readonly status: Exclude<Status, "running">;
  readonly seconds: number;
  readonly error?: TaskError;
  /** Another attempt follows, this many seconds from now. */
  readonly retryInSeconds?: number;
  /** It failed for good and the flow goes on with the artifact `failure`. */
  readonly caught?: boolean;
}

/** A Batch job has come to another status; one of an array tells of the array as a whole. */
export interface JobStatus extends OfRun {
  readonly type: "job.status";
  readonly step: string;
  /** The task's; of an array that of its foreach. */
  readonly index: string;
  readonly job: string;
  readonly status: "SUBMITTED" | "PENDING" | "RUNNABLE" | "STARTING" | "RUNNING" | "SUCCEEDED" | "FAILED";
  /** How many tasks the array has. */
  readonly size?: number;
  /** Why it waits, where Batch knows. */
  readonly reason?: string;
}

/** A foreach has become `width` tasks of its first step. */
export interface SplitStarted extends OfRun {
  readonly type: "split.started";
  readonly step: string;
  readonly index: string;
  readonly width: number;
}

/** A loop went its most rounds and its condition is true still; the flow goes on. */
export interface LoopBound extends OfRun {
  readonly type: "loop.bound";
  readonly loop: string;
  readonly index: string;
  readonly max: number;
}

export interface RunFinished extends OfRun {
  readonly type: "run.finished";
  readonly status: Exclude<Status, "running">;
  readonly seconds: number;
  readonly tasks: { readonly succeeded: number; readonly failed: number; readonly stopped: number };
  readonly error?: TaskError & { readonly step?: string; readonly index?: string };
  /** The steps that no task of this run reached, where it did not succeed. */
  readonly notRun?: readonly string[];
}
