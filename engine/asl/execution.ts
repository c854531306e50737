import type { Json, JsonObject } from "../../graph/graph.ts";
import type { State } from "../../statemachines/asl.ts";
import type { Clock } from "./clock.ts";
import { note } from "./history.ts";
import type { Line, StateEventDetail } from "./history.ts";

/**
 * Carries out what a Task state (or a Map's ItemReader) calls. Throws TaskFailure with an AWS error name where the call
 * fails. `signal` fires when the answer is no longer wanted: a timeout, a failed sibling, the end of the execution.
 */
export type Integrations = (resource: string, input: Json, task: TaskContext) => Promise<Json>;

export interface TaskContext {
  readonly signal: AbortSignal;
  /** Says that the task is alive, for a state with HeartbeatSeconds. */
  heartbeat(): void;
  /** What the service answered to the call, where the task then waits for a job or a token. For the history alone. */
  submitted(output: Json): void;
  /** The state's name. */
  readonly state: string;
  /** How often the state was tried before. */
  readonly retries: number;
  /** `$$.Task.Token`, where the resource waits for it. */
  readonly token?: string;
  readonly credentials?: Json;
}

/** What all parts of one running execution share. */
export interface ExecutionContext {
  readonly integrations: Integrations;
  readonly clock: Clock;
  readonly random: () => number;
  readonly stateMachine: JsonObject;
  /** States entered, and retries. */
  transitions: number;
  /** While set, every branch waits for it before its next state: the process's other work gets its turn. */
  pause: Promise<void> | undefined;
}

/** What one sequence of states stands in: the machine itself, a Parallel's branch, a Map's iteration. */
export interface Scope {
  readonly execution: ExecutionContext;
  readonly signal: AbortSignal;
  /** `$$.Execution`: a distributed Map's child has its own. */
  readonly about: () => JsonObject;
  /** `$$.Map.Item` */
  readonly item?: JsonObject;
  /** What was assigned around it. */
  readonly variables?: Variables;
  /** Where its events are noted; undefined while nobody listens. */
  readonly line: Line | undefined;
}

/** The variables of a sequence of states; those around it are read, never assigned. */
export interface Variables {
  readonly own: Map<string, Json>;
  readonly outer: Variables | undefined;
}

/** A state that is being executed. One frame goes along a whole sequence of states. */
export interface Frame {
  readonly scope: Scope;
  state: string;
  type: State["Type"];
  enteredAt: number;
  /** The id of the event that told so. */
  entered: number | undefined;
  retries: number;
  /** `$$.Task.Token` */
  token: string | undefined;
  readonly variables: Variables;
  /** What the state assigns once it has ended. */
  assigned: JsonObject | undefined;
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

export function readVariable({ variables }: Frame, name: string): Json | undefined {
  for (let scope: Variables | undefined = variables; scope !== undefined; scope = scope.outer) {
    const value = scope.own.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** States with a Retry know how often they were tried. */
const RETRIED: ReadonlySet<State["Type"]> = new Set(["Task", "Parallel", "Map"]);

/** `$$`, the context object. Source: AWS Step Functions, "Accessing execution data from the Context object". */
export function contextObject({ scope, state, type, enteredAt, retries, token }: Frame): JsonObject {
  const entered = { EnteredTime: new Date(enteredAt).toISOString(), Name: state };
  return {
    Execution: scope.about(),
    State: RETRIED.has(type) ? { ...entered, RetryCount: retries } : entered,
    StateMachine: scope.execution.stateMachine,
    ...(token !== undefined && { Task: { Token: token } }),
    ...(scope.item !== undefined && { Map: { Item: scope.item } }),
  };
}

/** Tells the listener of the execution, if there is one, and answers the event's id. */
export function emit({ scope, state }: Frame, event: StateEventDetail): number | undefined {
  return scope.line && note(scope.line, { state, ...event });
}
