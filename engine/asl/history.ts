import type { Json } from "../../graph/graph.ts";
import type { State } from "../../statemachines/asl.ts";

/**
 * Something that happened in an execution, as plain data, in the words of Step Functions' own history. `at` is in
 * milliseconds since the epoch; `within` are the positions, outermost first, of the Map iterations and Parallel branches
 * around it.
 */
export type HistoryEvent = { readonly at: number } & (ExecutionEvent | StateEvent);

export type ExecutionEvent =
  | { readonly type: "ExecutionStarted"; readonly input: Json }
  | { readonly type: "ExecutionSucceeded"; readonly output: Json }
  | { readonly type: "ExecutionFailed"; readonly error: string; readonly cause: string }
  | { readonly type: "ExecutionAborted" }
  | { readonly type: "ExecutionTimedOut" };

type StateEvent = {
  readonly state: string;
  readonly within: readonly number[];
} & StateHappening;

export type StateHappening =
  | { readonly type: "StateEntered"; readonly stateType: State["Type"]; readonly input: Json }
  | { readonly type: "StateExited"; readonly output: Json }
  | { readonly type: "TaskScheduled"; readonly resource: string; readonly parameters: Json }
  | { readonly type: "TaskSucceeded"; readonly resource: string; readonly output: Json }
  | {
      readonly type: "TaskFailed" | "TaskTimedOut";
      readonly resource: string;
      readonly error: string;
      readonly cause: string;
    }
  | {
      readonly type: "RetryScheduled";
      readonly error: string;
      readonly retry: number;
      readonly delaySeconds: number;
    }
  | { readonly type: "MapStarted"; readonly length: number }
  | {
      readonly type: "MapIterationStarted" | "MapIterationSucceeded" | "MapIterationAborted";
      readonly index: number;
    }
  | {
      readonly type: "MapIterationFailed";
      readonly index: number;
      readonly error: string;
      readonly cause: string;
    };
