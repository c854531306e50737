import type { Control, ControlKey, ControlValue } from "../../graph/control-value.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { TaskError } from "../../graph/task-error.ts";
import type { AttemptKey, TaskKey } from "../../graph/task-key.ts";
import type { Manifest } from "../artifacts/manifest.ts";

export interface TasksQuery {
  readonly step: string;
  readonly under?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

/**
 * The ledger: which runs, tasks and attempts there are and what became of them. Values live in the BlobStore; what is
 * kept here is small. Implemented on SQLite and on DynamoDB; ledgerConformance in conformance.ts says what both must do.
 *
 * Of a run that nobody created there is nothing to read, and nothing to change: ends are refused, heartbeats reach no one.
 * Only what would begin something there throws, as the methods say.
 *
 * Times are milliseconds since the epoch. An index is a task's place as people count it ("3", "3.1", "0"); its
 * components are non-negative integers and every list is in their numeric order ("2" before "10").
 */
export interface Ledger {
  /** Records a new run and gives it the flow's next number, counting from 1; two callers never get the same one. */
  createRun(run: NewRun): Promise<Run>;

  /**
   * Changes a run. With `from`, only where its status is that one still; answers the run as it now is, or undefined
   * where there is none or the condition did not hold. A run that has ended never runs again.
   */
  updateRun(run: RunKey, change: RunChange, from?: Status): Promise<Run | undefined>;

  readRun(run: RunKey): Promise<Run | undefined>;

  /** The run, and the secret that it was created with, by the same one read; nothing else here tells a secret. */
  readRunAndSecret(run: RunKey): Promise<RunAndSecret | undefined>;

  /** Whether it goes on; false of a run that there is not. */
  isRunning(run: RunKey): Promise<boolean>;

  /** A page of runs, newest first (by number within a flow, else by time of creation). One bounded query. */
  listRuns(query: RunQuery): Promise<Page<Run>>;

  /** Every flow that has a run, with its newest; by name. */
  listFlows(query: {
    namespace?: string;
    limit?: number;
    cursor?: string;
  }): Promise<Page<{ flow: string; newest: Run }>>;

  /**
   * Begins an attempt of each task. A task's attempts count from 1; an older attempt that is still running becomes
   * failed with `error.name` "Superseded", and whatever it reports later is refused. A task that has an attempt
   * that succeeded (or was caught) is not begun again: its answer is `done`, with what that attempt left. Throws
   * MillraceError `run.unknown`.
   */
  startAttempts(run: RunKey, starts: readonly AttemptStart[]): Promise<AttemptStarted[]>;

  /**
   * Ends attempts, and writes the control values that come with each, both or neither. An attempt is ended once, and
   * only while it is its task's newest and running: anything else is answered "refused" and changes nothing.
   */
  finishAttempts(run: RunKey, ends: readonly AttemptEnd[]): Promise<("accepted" | "refused")[]>;

  /** Says that the attempts are alive at `at`; false for those that are over. */
  heartbeat(run: RunKey, attempts: readonly AttemptKey[], at: number): Promise<boolean[]>;

  /** The newest attempt of each task, in the order asked for; undefined where there is none. */
  readTasks(run: RunKey, tasks: readonly TaskKey[]): Promise<(Attempt | undefined)[]>;

  /**
   * A page of one step's tasks in the order of their indices, each as its newest attempt; with `under`, only those
   * whose index is below it ("3" has "3.0" and "3.1.7" below it; not "3" itself, not "30").
   */
  listTasks(run: RunKey, step: string, query?: Omit<TasksQuery, "step">): Promise<Page<Attempt>>;

  /**
   * The task with the greatest index below `under` that has finished (succeeded, or failed and caught); every index is
   * below "". One read.
   */
  lastTask(run: RunKey, step: string, under: string): Promise<Attempt | undefined>;

  /** Every attempt of one task, oldest first. */
  listAttempts(run: RunKey, task: TaskKey): Promise<Attempt[]>;

  /** A run's steps in the order they first started, with how many tasks stand at each status. */
  listSteps(run: RunKey): Promise<StepCount[]>;

  /** Marks every attempt of the run that is still running as ended so; answers how many there were. */
  endRunningAttempts(run: RunKey, end: { status: "failed" | "stopped"; at: number; error: TaskError }): Promise<number>;

  /** Writes control values over those that were there. Throws MillraceError `run.unknown`. */
  writeControls(run: RunKey, controls: readonly Control[]): Promise<void>;

  /** The control values in the order asked for; undefined where none was written. */
  readControls(run: RunKey, keys: readonly ControlKey[]): Promise<(ControlValue | undefined)[]>;

  close(): Promise<void>;
}

/** Who did what to a run, by the names that AWS (an ARN) or this machine knows them by. */
export interface RunPrincipals {
  readonly made?: string;
  readonly stopped?: string;
  /** Changed its tags last. */
  readonly tagged?: string;
}

export type Status = "running" | "succeeded" | "failed" | "stopped";

export interface NewRun {
  readonly flow: string;
  /** `user:NAME` or `production:…`. */
  readonly namespace: string;
  readonly user: string;
  readonly principals?: RunPrincipals;
  readonly tags: readonly string[];
  readonly createdAt: number;
  /** The SHA-256 of the code package. */
  readonly codePackage: string;
  /** The blob that holds the graph as JSON. */
  readonly graph: string;
  readonly parameters: Manifest;
  /** The program that drives the run, so that a run whose program died can be told; absent where a service drives it. */
  readonly owner?: Owner;
  /** Written with the run, both or neither. */
  readonly controls?: readonly Control[];
  /** What the proofs are made from that its tasks show to begin: for who begins them, and not for who reads of them. */
  readonly secret?: string;
}

export interface Run extends Omit<NewRun, "controls" | "secret">, RunKey {
  readonly status: Status;
  readonly finishedAt?: number;
  readonly error?: TaskError;
  /** When the owner last said that it was alive. */
  readonly heartbeatAt: number;
}

export interface RunAndSecret {
  readonly run: Run;
  /** Absent of a run that was created without. */
  readonly secret?: string;
}

/** A run without its parameters, of which there may be much. */
export type RunSummary = Omit<Run, "parameters">;

export interface Owner {
  readonly host: string;
  readonly pid: number;
}

export interface RunChange {
  readonly status?: Status;
  readonly finishedAt?: number;
  readonly error?: TaskError;
  readonly heartbeatAt?: number;
  /** In place of those it had. */
  readonly tags?: readonly string[];
  /** Besides those that there are. */
  readonly principals?: RunPrincipals;
}

export interface RunQuery {
  readonly flow?: string;
  readonly namespace?: string;
  readonly tag?: string;
  readonly status?: Status;
  /** 100 unless given; 1,000 at most. */
  readonly limit?: number;
  readonly cursor?: string;
}

export interface Page<T> {
  readonly items: T[];
  /** Opaque; ask with it for the next page. Absent on the last. */
  readonly cursor?: string;
}

export interface AttemptStart extends TaskKey {
  readonly at: number;
  /** Who runs it: a pid, a Batch job. The same `by` again for an attempt that is running answers that attempt. */
  readonly by: string;
}

export type AttemptStarted =
  | { readonly state: "started"; readonly attempt: number }
  | { readonly state: "done"; readonly attempt: Attempt };

export interface AttemptEnd extends AttemptKey {
  readonly at: number;
  readonly status: "succeeded" | "failed" | "stopped";
  readonly error?: TaskError;
  /** The task failed for good and the flow goes on all the same. */
  readonly caught?: boolean;
  /** Every artifact that a later step sees; absent where the task left none (failed, uncaught). */
  readonly manifest?: Manifest;
  readonly log?: LogRange;
  readonly controls?: readonly Control[];
}

/** One attempt of one task. */
export interface Attempt extends AttemptKey {
  readonly status: Status;
  readonly by: string;
  readonly startedAt: number;
  readonly heartbeatAt?: number;
  readonly finishedAt?: number;
  readonly error?: TaskError;
  readonly caught?: boolean;
  readonly manifest?: Manifest;
  readonly log?: LogRange;
}

/** Where an attempt's output is: bytes `from` to `to` of a log stream (a file of the store, or a CloudWatch stream). */
export interface LogRange {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
}

export interface StepCount {
  readonly step: string;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly stopped: number;
  readonly startedAt: number;
  readonly finishedAt?: number;
}
