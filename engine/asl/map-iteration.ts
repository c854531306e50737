import type { Json, JsonObject } from "../../graph/graph.ts";
import { Aborted, TaskFailure } from "./errors.ts";
import type { Frame, Scope } from "./execution.ts";
import { beginHistory, branchOff, cutShort, endLine, note } from "./history.ts";
import type { Line } from "./history.ts";
import { runSequence } from "./sequence.ts";
import type { Sequence } from "./sequence.ts";

/** One iteration of a Map, or one child execution of a distributed one. */
export interface Iteration {
  readonly index: number;
  readonly input: Json;
  /** `$$.Map.Item` */
  readonly item: JsonObject | undefined;
  readonly signal: AbortSignal;
}

export type RunIteration = (iteration: Iteration) => Promise<Json>;

/** Runs the iterations of an inline Map; the Map's own events go on from the iteration that ended last. */
export function inlineIterations(body: Sequence, frame: Frame): RunIteration {
  const { state } = frame;
  const scope = { ...frame.scope, variables: frame.variables };
  const { line: outer } = scope;
  if (outer === undefined) {
    return ({ input, item, signal }) => runSequence(body, input, { ...scope, ...(item && { item }), signal });
  }
  const started = outer.previous;
  /** The last events of those that ended: one that waited for its turn follows one of them. */
  const ended: number[] = [];
  return async ({ index, input, item, signal }) => {
    const previous = ended.shift() ?? started;
    const line = branchOff(outer, index, { iteration: { state, index }, previous });
    note(line, { type: "MapIterationStarted", state, index }, outer.within);
    await undefined;
    try {
      const output = await runSequence(body, input, { ...scope, ...(item && { item }), signal, line });
      ended.push(line.previous);
      const succeeded = note(line, { type: "MapIterationSucceeded", state, index }, outer.within);
      if (endLine(outer, line)) outer.previous = succeeded;
      return output;
    } catch (thrown) {
      if (thrown instanceof TaskFailure) {
        const { error, cause } = thrown;
        note(line, { type: "MapIterationFailed", state, index, error, cause }, outer.within);
      }
      if (endLine(outer, line)) cutShort(outer, line.previous);
      throw thrown;
    }
  };
}

/** Runs the child executions of a distributed Map: each has its own `$$.Execution` and history, and neither `$$.Map`
 * nor variables from outside. */
export function childExecutions(body: Sequence, frame: Frame): RunIteration {
  const { scope, state } = frame;
  const { item: _, variables: __, ...outside } = scope;
  return async ({ index, input, signal }) => {
    const startedAt = scope.execution.clock.now();
    const parent = scope.about();
    const id = `${String(parent["Id"])}/${state}:${index}`;
    const StartTime = new Date(startedAt).toISOString();
    const about = () => ({ ...parent, Id: id, Input: input, Name: String(index), StartTime });
    const line = scope.line && childHistory(scope.line, id, index);
    const child: Scope = { ...outside, signal, about, line };
    if (line === undefined) return runSequence(body, input, child);
    note(line, { type: "ExecutionStarted", input });
    try {
      const output = await runSequence(body, input, child);
      note(line, { type: "ExecutionSucceeded", output });
      return output;
    } catch (thrown) {
      if (thrown instanceof TaskFailure) {
        const { error, cause } = thrown;
        note(line, { type: "ExecutionFailed", error, cause });
      } else if (thrown instanceof Aborted) {
        note(line, { type: "ExecutionAborted" });
      }
      throw thrown;
    } finally {
      line.isOver = true;
      scope.line?.inner.delete(line);
    }
  };
}

function childHistory(outer: Line, id: string, index: number): Line {
  const { listener, now } = outer.log;
  const line = { ...beginHistory(listener, now, id), within: [...outer.within, index] };
  outer.inner.add(line);
  return line;
}
