import type { Json, JsonObject } from "../../graph/graph.ts";
import type { State } from "../../statemachines/asl.ts";

/**
 * Something that happened in an execution, as plain data, in the words of Step Functions' own history. `at` is in
 * milliseconds since the epoch. `id` and `previousEventId` are as AWS counts them, from 1; an event that AWS has no word
 * for has the id 0. `within` are the positions, outermost first, of the Map iterations and Parallel branches around it.
 * `child` is the id of the execution that it belongs to where a distributed Map started one: that has its own history.
 */
export type HistoryEvent = {
  readonly id: number;
  readonly previousEventId: number;
  readonly at: number;
  readonly child?: string;
} & (ExecutionEvent | StateEvent);

export type ExecutionEvent =
  | { readonly type: "ExecutionStarted"; readonly input: Json }
  | { readonly type: "ExecutionSucceeded"; readonly output: Json }
  | { readonly type: "ExecutionFailed"; readonly error: string; readonly cause: string }
  | { readonly type: "ExecutionAborted" }
  | { readonly type: "ExecutionTimedOut" };

type StateEvent = {
  readonly state: string;
  readonly within: readonly number[];
} & StateEventDetail;

interface Failed {
  readonly error: string;
  readonly cause: string;
}

export type StateEventDetail =
  | { readonly type: "StateEntered"; readonly stateType: State["Type"]; readonly input: Json }
  | {
      readonly type: "StateExited";
      readonly stateType: State["Type"];
      readonly output: Json;
      readonly assigned?: JsonObject;
    }
  | { readonly type: "StateAborted"; readonly stateType: State["Type"] }
  | TaskScheduled
  | { readonly type: "TaskStarted"; readonly resource: string }
  | { readonly type: "TaskSubmitted" | "TaskSucceeded"; readonly resource: string; readonly output: Json }
  | ({ readonly type: "TaskFailed" | "TaskTimedOut"; readonly resource: string } & Failed)
  | { readonly type: "RetryScheduled"; readonly error: string; readonly retry: number; readonly delaySeconds: number }
  | { readonly type: "ParallelStarted" | "ParallelSucceeded" | "ParallelFailed" | "MapSucceeded" | "MapFailed" }
  | { readonly type: "MapStarted"; readonly length: number }
  | { readonly type: "MapRunStarted"; readonly mapRunArn: string }
  | { readonly type: "MapRunSucceeded" }
  | ({ readonly type: "MapRunFailed" } & Failed)
  | {
      readonly type: "MapIterationStarted" | "MapIterationSucceeded" | "MapIterationAborted";
      readonly index: number;
    }
  | ({ readonly type: "MapIterationFailed"; readonly index: number } & Failed);

interface TaskScheduled {
  readonly type: "TaskScheduled";
  readonly resource: string;
  readonly parameters: Json;
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
  readonly credentials?: Json;
}

/** The events that the next one does not name as the one before it. Seen in executions that AWS recorded. */
const ASIDE: ReadonlySet<HistoryEvent["type"]> = new Set([
  "ExecutionStarted",
  "StateAborted",
  "ParallelSucceeded",
  "MapSucceeded",
  "MapIterationSucceeded",
  "MapIterationFailed",
  "MapIterationAborted",
]);

/** States that AWS tells of when they are cut short; the others take no time. */
const LASTING: ReadonlySet<State["Type"]> = new Set(["Task", "Wait", "Map", "Parallel"]);

export type Listener = (event: HistoryEvent) => void;

/** Numbers the events of one execution: the machine's own, or a distributed Map's child's. */
interface Log {
  count: number;
  readonly child: string | undefined;
  readonly now: () => number;
  readonly listener: Listener;
}

/** Events that follow each other, each naming the one before: an execution's, a branch's, an iteration's. */
export interface Line {
  readonly log: Log;
  readonly within: readonly number[];
  /** The iteration of a Map whose line it is, and that Map's name. */
  readonly iteration: { readonly state: string; readonly index: number } | undefined;
  previous: number;
  isOver: boolean;
  /** The state that it is in. */
  current: { readonly state: string; readonly type: State["Type"] } | undefined;
  readonly inner: Set<Line>;
}

/** The line of an execution: events of a child's name it. */
export function beginHistory(listener: Listener, now: () => number, child?: string): Line {
  const log = { count: 0, child, now, listener };
  return {
    log,
    within: [],
    iteration: undefined,
    previous: 0,
    isOver: false,
    current: undefined,
    inner: new Set(),
  };
}

/** A line that begins within another: after that one's last event, or after the event given. */
export function branchOff(outer: Line, index: number, more: Partial<Pick<Line, "iteration" | "previous">>): Line {
  const { log, previous } = outer;
  const within = [...outer.within, index];
  const inner = new Set<Line>();
  const line = { log, within, previous, iteration: undefined, isOver: false, current: undefined, inner, ...more };
  outer.inner.add(line);
  return line;
}

/** Takes note of an event and answers its id; 0 where the line is over: what a cut task still does is not told. */
export function note(
  line: Line,
  event: ExecutionEvent | ({ readonly state: string } & StateEventDetail),
  within = line.within,
): number {
  if (line.isOver) return 0;
  const { log } = line;
  const id = event.type === "RetryScheduled" ? 0 : (log.count += 1);
  const about = "state" in event ? { within } : undefined;
  const child = log.child === undefined ? undefined : { child: log.child };
  log.listener({ id, previousEventId: line.previous, at: log.now(), ...child, ...about, ...event } as HistoryEvent);
  if (id > 0 && !ASIDE.has(event.type)) line.previous = id;
  return id;
}

/** The lines within one come to an end with it, for what another of them, whose last event is given, did. */
export function cutShort(outer: Line, previous: number): void {
  for (const line of outer.inner) {
    if (line.isOver) continue;
    if (line.log !== outer.log) {
      line.previous = 0;
      note(line, { type: "ExecutionAborted" });
      endHistory(line);
      continue;
    }
    cutShort(line, previous);
    line.previous = previous;
    if (line.current !== undefined && LASTING.has(line.current.type)) {
      const { state, type: stateType } = line.current;
      note(line, { type: "StateAborted", state, stateType });
    }
    if (line.iteration !== undefined) {
      const { state, index } = line.iteration;
      note(line, { type: "MapIterationAborted", state, index }, outer.within);
    }
    line.isOver = true;
  }
  outer.inner.clear();
}

/** A line within another has come to its end, well or badly, and the other goes on from there; false if it was cut short. */
export function endLine(outer: Line, line: Line): boolean {
  if (line.isOver) return false;
  line.isOver = true;
  outer.inner.delete(line);
  outer.previous = line.previous;
  return true;
}

/** The execution is over: whatever of it still runs has nothing more to say. */
export function endHistory(line: Line): void {
  line.isOver = true;
  for (const inner of line.inner) endHistory(inner);
}
