import type { PassState } from "../../../statemachines/asl.ts";
import type { RunState } from "../execution.ts";
import { limited } from "../payload.ts";
import { prepareParameters, prepareResult } from "../input-output.ts";

/** Hands its input on, reshaped, or a fixed result. */
export function preparePass(state: PassState): RunState {
  const next = state.Next;
  const parameters = prepareParameters(state);
  const toOutput = prepareResult(state);
  const { Result: result } = state;
  return (input, frame) => ({
    next,
    output: limited(toOutput(input, result === undefined ? parameters(input, frame) : result, frame), frame.state),
  });
}
