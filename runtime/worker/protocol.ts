import type { Graph } from "../../graph/graph.ts";
import type { Mistake } from "../../graph/mistake.ts";
import type { ErrorCode } from "../../graph/error-codes.ts";
import type { Where } from "../../graph/errors.ts";
import type { Manifest } from "../../store/artifacts/manifest.ts";
import type { Control } from "../../graph/control-value.ts";
import type { LogRange } from "../../store/ledger/ledger.ts";
import type { TaskError } from "../../graph/task-error.ts";
import type { PageOfTasks, TaskOfPage, TaskOutcome } from "../task.ts";

/** What the engine says to a worker process: JSON over its IPC channel. */
export type ToWorker =
  | { readonly type: "load"; readonly bundle: string; readonly blobs: string; readonly log: string }
  | {
      readonly type: "parameters";
      readonly exportName: string;
      readonly values: Record<string, unknown>;
      readonly asText: boolean;
    }
  | WorkPage
  | { readonly type: "stop" };

/** Tasks to run one after another, after those of the pages before; `base` is a place in `bases`, which siblings share. */
export interface WorkPage {
  readonly type: "page";
  /** The number of its first task; a worker's tasks are numbered one after another. */
  readonly from: number;
  readonly exportName: string;
  readonly page: PageOfTasks;
  readonly bases: readonly Manifest[];
  readonly tasks: readonly (Omit<TaskOfPage, "base"> & { readonly base: number })[];
}

/** What a worker says: lines of JSON on its file descriptor 4, written before it does anything else. */
export type FromWorker =
  | { readonly type: "loaded"; readonly flows: readonly WorkerFlow[] }
  | { readonly type: "refused"; readonly error: PlainMistake | TaskError }
  | { readonly type: "parameters"; readonly manifest: Manifest; readonly controls: readonly Control[] }
  /** The task that it was at has ended; `log` is what it printed, if anything. */
  | { readonly type: "finished"; readonly outcome: TaskOutcome; readonly seconds: number; readonly log?: LogRange }
  /** The tasks from one number to another, that one not among them, were not begun: another worker may have them. */
  | { readonly type: "returned"; readonly from: number; readonly to: number };

/** One flow that a file exports, as far as it can be told as data. */
export interface WorkerFlow {
  readonly exportName: string;
  readonly graph: Graph;
  readonly mistakes: readonly Mistake[];
}

/** A MillraceError on its way between processes. */
export interface PlainMistake {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly where: Where;
  readonly hint?: string;
}
