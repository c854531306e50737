import type { SucceedState } from "../../../statemachines/asl.ts";
import type { RunState } from "../execution.ts";
import { prepareInput, prepareOutput } from "../input-output.ts";

/** Ends the sequence well. */
export function prepareSucceed(state: SucceedState): RunState {
  const input = prepareInput(state);
  const output = prepareOutput(state);
  return (raw, frame) => ({ next: undefined, output: output(input(raw, frame), frame) });
}
