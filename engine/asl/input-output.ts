import type { Json, JsonObject } from "../../graph/graph.ts";
import type { Assigning, InputOutput, Result, Template } from "../../statemachines/asl.ts";
import type { Expression, Frame } from "./execution.ts";
import { invalidMachine } from "./errors.ts";
import { isObject } from "./jsonpath.ts";
import { limited } from "./payload.ts";
import { excerpt, preparePath, preparePlacement } from "./path.ts";
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
  const assign = prepareAssign(state);
  const place = prepareResultPath(state.ResultPath);
  const select = prepareOutput(state);
  return (input, result, frame) => {
    const reshaped = reshape === undefined ? result : limited(reshape(result, frame), frame.state);
    assign(reshaped, frame);
    return select(place(input, reshaped, frame), frame);
  };
}

/** Assign: the variables that stand once the state has ended, made of its result. */
export function prepareAssign({ Assign: template }: Assigning): (result: Json, frame: Frame) => void {
  if (template === undefined) return () => {};
  if (isObject(template) && Object.keys(template).length === 0) return () => {};
  const names = isObject(template) ? Object.keys(template).map(nameOf) : undefined;
  const wrong = names?.find((name) => !/^[A-Za-z_]\w{0,79}$/.test(name) || name === "states");
  if (names === undefined || wrong !== undefined)
    throw invalidMachine(`Assign must name variables, of letters, digits and _, not ${wrong ?? excerpt(template)}.`);
  const build = prepareTemplate(template);
  return (result, frame) => {
    frame.assigned = limited(build(result, frame), frame.state) as JsonObject;
  };
}

/** A variable's name in an Assign, where it may have the `.$` of a path. */
export function nameOf(key: string): string {
  return key.endsWith(".$") ? key.slice(0, -2) : key;
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
