import type { Json, JsonObject } from "../../graph/graph.ts";
import type { Clock } from "./clock.ts";
import type { ExecutionEvent, HistoryEvent, StateHappening } from "./history.ts";

/**
 * Carries out what a Task state (or a Map's ItemReader) calls. Throws TaskFailure with an AWS error name where the call
 * fails. `signal` fires when the answer is no longer wanted: a timeout, a failed sibling, the end of the execution.
 */
export type Integrations = (resource: string, input: Json, task: TaskContext) => Promise<Json>;

export interface TaskContext {
  readonly signal: AbortSignal;
  /** Says that the task is alive, for a state with HeartbeatSeconds. */
  heartbeat(): void;
  /** The state's name. */
  readonly state: string;
  readonly credentials?: Json;
}

/** What all parts of one running execution share. */
export interface Execution {
  readonly integrations: Integrations;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onEvent: ((event: HistoryEvent) => void) | undefined;
  readonly stateMachine: JsonObject;
  /** States entered, and retries. */
  transitions: number;
  /** While set, every branch waits for it before its next state: the process's other work gets its turn. */
  pause: Promise<void> | undefined;
}

/** What one sequence of states stands in: the machine itself, a Parallel's branch, a Map's iteration. */
export interface Scope {
  readonly execution: Execution;
  readonly signal: AbortSignal;
  /** `$$.Execution`: a distributed Map's child has its own. */
  readonly about: () => JsonObject;
  /** `$$.Map.Item` */
  readonly item?: JsonObject;
  readonly within: readonly number[];
}

/** A state that is being executed. One frame goes along a whole sequence of states. */
export interface Frame {
  readonly scope: Scope;
  state: string;
  enteredAt: number;
  retries: number;
}

/** Something a definition says that is known only at run time: a path, a template, an intrinsic function. */
export type Expression = (input: Json, frame: Frame) => Json;

/** Where an execution goes from a state, and with what; without `next` the sequence ends. */
interface Step {
  readonly next: string | undefined;
  readonly output: Json;
}

/** Executes one state; throws TaskFailure where it fails. A promise only where it has to wait. */
export type RunState = (input: Json, frame: Frame) => Step | Promise<Step>;

/** `$$`, the context object. Source: AWS Step Functions, "Accessing execution data from the Context object". */
export function contextObject({ scope, state, enteredAt, retries }: Frame): JsonObject {
  const context = {
    Execution: scope.about(),
    State: { EnteredTime: new Date(enteredAt).toISOString(), Name: state, RetryCount: retries },
    StateMachine: scope.execution.stateMachine,
  };
  return scope.item === undefined ? context : { ...context, Map: { Item: scope.item } };
}

/** Tells the listener of the execution, if there is one; callers check onEvent first so that nothing is made in vain. */
export function tell(frame: Frame, happening: StateHappening): void {
  const { execution, within } = frame.scope;
  execution.onEvent?.({ at: execution.clock.now(), state: frame.state, within, ...happening });
}

export function tellExecution(execution: Execution, event: ExecutionEvent): void {
  execution.onEvent?.({ at: execution.clock.now(), ...event });
}
