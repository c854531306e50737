import type { Json } from "../../../graph/graph.ts";
import type { ParallelState, StateMap } from "../../../statemachines/asl.ts";
import { runConcurrently } from "../concurrently.ts";
import type { Frame, RunState } from "../execution.ts";
import { prepareParameters, prepareResult } from "../input-output.ts";
import { limited } from "../payload.ts";
import { prepareErrorHandling } from "../retry.ts";
import { runSequence } from "../sequence.ts";
import type { Sequence } from "../sequence.ts";

/** Runs every branch on the same input; the result is their outputs in order. A branch that fails ends the others. */
export function prepareParallel(state: ParallelState, prepare: (branch: StateMap) => Sequence): RunState {
  const parameters = prepareParameters(state);
  const toOutput = prepareResult(state);
  const branches = state.Branches.map(prepare);
  const attempt = async (input: Json, frame: Frame): Promise<Json> => {
    const { scope } = frame;
    const payload = parameters(input, frame);
    const outputs: Json[] = Array.from({ length: branches.length }, () => null);
    await runConcurrently(branches.length, branches.length, scope.signal, async (index, signal) => {
      const within = scope.execution.onEvent === undefined ? scope.within : [...scope.within, index];
      outputs[index] = await runSequence(branches[index]!, payload, { ...scope, signal, within });
    });
    return toOutput(input, limited(outputs, "The branches' result"), frame);
  };
  return prepareErrorHandling(state, attempt, "States.BranchFailed");
}
