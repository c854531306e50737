import type { FailState } from "../../../statemachines/asl.ts";
import { TaskFailure, invalidMachine, stateFailure } from "../errors.ts";
import type { Expression, RunState } from "../execution.ts";
import { prepareExpression } from "../template.ts";

/** Ends the sequence with an error. */
export function prepareFail(state: FailState): RunState {
  const error = prepareText(state.Error, state.ErrorPath, "Error");
  const cause = prepareText(state.Cause, state.CausePath, "Cause");
  return (input, frame) => {
    throw new TaskFailure(error(input, frame) as string, cause(input, frame) as string);
  };
}

function prepareText(literal: string | undefined, path: string | undefined, field: "Error" | "Cause"): Expression {
  if (path === undefined) return () => literal ?? "";
  if (literal !== undefined) throw invalidMachine(`${field} and ${field}Path cannot both be given.`);
  const read = prepareExpression(path, `${field}Path`);
  return (input, frame) => {
    const text = read(input, frame);
    if (typeof text === "string") return text;
    throw stateFailure("States.Runtime", `${field}Path '${path}' must name a string`);
  };
}
