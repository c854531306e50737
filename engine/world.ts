import type { ControlKey, ControlValue } from "../graph/control-value.ts";
import type { RunKey } from "../graph/run-name.ts";
import type { TaskError } from "../graph/task-error.ts";
import type { RunnerRequest } from "../statemachines/contract/contract.ts";
import type { CaughtFailure } from "../tasks/bookkeeping.ts";
import type { JobStatus, TaskFinished, TaskOutput, TaskStarted } from "./events.ts";
import type { JobResult, StateJob } from "./job.ts";

/**
 * Where runs are carried out: all that the run loop asks of the place. The loop (run-loop.ts) executes the flow's machine
 * and asks the world for what the machine calls; how tasks run there, and who begins and ends their attempts in the
 * ledger, is the world's own. conformance.ts says in tests what every world must do.
 */
export interface World {
  /** How often the loop says that the run is alive, and hears whether it still is. */
  readonly heartbeatMilliseconds: number;
  /** Records the run, or takes over the one that was recorded. Rejects where the store cannot be used. */
  createRun(events: TaskEvents): Promise<WorldRun>;
}

/** A run that was recorded and goes on until `finish`. */
export interface WorldRun {
  readonly key: RunKey;
  readonly createdAt: number;
  readonly tags: readonly string[];
  /** What the machine makes the proofs from that the run's tasks show to begin. */
  readonly secret: string;

  /** Says that the run is alive; false where it has ended by somebody else's hand. A rejection is taken for "not known". */
  heartbeat(): Promise<boolean>;

  /**
   * Carries out a job, each of its tasks as often as it may be tried; emits what happens to each. Resolves with those that
   * failed for good once none runs any more. Where `signal` fires, no further task begins, those that run are asked to end,
   * and it rejects with the signal's reason without waiting for them.
   */
  runJob(job: StateJob, signal: AbortSignal): Promise<JobResult>;

  /**
   * Makes one attempt of a step whose compute is "lambda". Answers the control value that the machine asks next (see
   * askedNext), if it asks one; throws TaskFailure where the attempt failed.
   */
  invokeStep(name: string, request: RunnerRequest, signal: AbortSignal): Promise<ControlValue | undefined>;

  /** The control value that was written down by the task before; undefined where there is none. */
  readControl(key: ControlKey): Promise<ControlValue | undefined>;
  /** One that nobody wrote down before: worked out and written. */
  answerControl(key: ControlKey): Promise<ControlValue | undefined>;
  /** Records tasks that failed for good as caught, so that the flow goes on with the artifact `failure`. */
  recordFailure(failure: CaughtFailure): Promise<void>;

  /**
   * The run is about to end before its flow does, and the signals of its jobs fire next. Where tasks report for themselves
   * the ledger is told first: whatever they report while they end is refused, and does not count as their end.
   */
  announceEnd(end: RunEnd): Promise<void>;

  /**
   * Ends what still runs of the run's tasks, records how the run ended, and gives back what the world held for it. Called
   * once, last. A run that has ended already stays as it is.
   */
  finish(end: RunEnd): Promise<void>;
}

/** How a run ended. */
export interface RunEnd {
  readonly status: "succeeded" | "failed" | "stopped";
  readonly error?: RunError;
}

/** Why it did not succeed, and which task is to blame, where one is. */
export type RunError = TaskError & { readonly step?: string; readonly index?: string };

type OfRun = "flow" | "run" | "at";
/** What happens to a task, but for the run that it is of and the time. */
export type TaskEvent =
  | Omit<TaskStarted, OfRun>
  | Omit<TaskOutput, OfRun>
  | Omit<TaskFinished, OfRun>
  | Omit<JobStatus, OfRun>;

/** Where a world emits what happens to its tasks. */
export interface TaskEvents {
  emit(event: TaskEvent): void;
  /** Whether anybody reads what tasks print: else it need not be followed. */
  readonly isRead: boolean;
}
