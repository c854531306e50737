import type { Json } from "../../graph/graph.ts";
import type { InputOutput, Result, Template } from "../../statemachines/asl.ts";
import type { Expression, Frame } from "./execution.ts";
import { limited } from "./payload.ts";
import { preparePath, preparePlacement } from "./path.ts";
import { prepareTemplate } from "./template.ts";

const EMPTY = {};

/** InputPath: what of its input a state sees. */
export function prepareInput(state: InputOutput): Expression {
  return prepareSelection(state.InputPath);
}

/** InputPath, then Parameters. */
export function prepareParameters(state: InputOutput & Template): Expression {
  const select = prepareInput(state);
  if (state.Parameters === undefined) return select;
  const build = prepareTemplate(state.Parameters);
  return (input, frame) => limited(build(select(input, frame), frame), frame.state);
}

/** OutputPath, for a state that has no result of its own. */
export function prepareOutput(state: InputOutput): Expression {
  return prepareSelection(state.OutputPath);
}

/** ResultSelector, ResultPath (into the state's input as it came) and OutputPath: from a result to the state's output. */
export function prepareResult(state: InputOutput & Result): (input: Json, result: Json, frame: Frame) => Json {
  const reshape = state.ResultSelector === undefined ? undefined : prepareTemplate(state.ResultSelector);
  const place = prepareResultPath(state.ResultPath);
  const select = prepareOutput(state);
  return (input, result, frame) => {
    const reshaped = reshape === undefined ? result : limited(reshape(result, frame), frame.state);
    return select(place(input, reshaped, frame), frame);
  };
}

/** Where a result goes: in place of the input, into it, or (null) nowhere. */
export function prepareResultPath(path: string | null | undefined): (input: Json, result: Json, frame: Frame) => Json {
  if (path === null) return (input) => input;
  if (path === undefined || path === "$") return (_, result) => result;
  const place = preparePlacement(path);
  return (input, result, frame) => limited(place(input, result), frame.state);
}

function prepareSelection(path: string | null | undefined): Expression {
  if (path === null) return () => EMPTY;
  if (path === undefined || path === "$") return (input) => input;
  return preparePath(path);
}
