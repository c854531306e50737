import type { Json } from "../../../graph/graph.ts";
import type { ParallelState, StateMap } from "../../../statemachines/asl.ts";
import { runConcurrently } from "../concurrently.ts";
import { invalidMachine } from "../errors.ts";
import type { Frame, RunState } from "../execution.ts";
import { emit } from "../execution.ts";
import { branchOff, cutShort, endLine } from "../history.ts";
import { prepareParameters, prepareResult } from "../input-output.ts";
import { limited } from "../payload.ts";
import { prepareErrorHandling } from "../retry.ts";
import { runSequence } from "../sequence.ts";
import type { Sequence } from "../sequence.ts";

/** Runs every branch on the same input; the result is their outputs in order. A branch that fails ends the others. */
export function prepareParallel(state: ParallelState, prepare: (branch: StateMap) => Sequence): RunState {
  const parameters = prepareParameters(state);
  const toOutput = prepareResult(state);
  if (!Array.isArray(state.Branches) || state.Branches.length === 0)
    throw invalidMachine("A Parallel state must have Branches.");
  const branches = state.Branches.map(prepare);
  const attempt = async (input: Json, frame: Frame): Promise<Json> => {
    const { scope } = frame;
    const payload = parameters(input, frame);
    const outputs: Json[] = Array.from({ length: branches.length }, () => null);
    emit(frame, { type: "ParallelStarted" });
    await runConcurrently(
      { count: branches.length, concurrency: branches.length },
      scope.signal,
      async (index, signal) => {
        outputs[index] = await runBranch(branches[index]!, payload, { frame, index, signal });
      },
    );
    emit(frame, { type: "ParallelSucceeded" });
    return toOutput(input, limited(outputs, frame.state), frame);
  };
  return prepareErrorHandling(state, attempt, {
    alias: "States.BranchFailed",
    failed: (frame) => emit(frame, { type: "ParallelFailed" }),
  });
}

/** One branch; what ends last is what the Parallel's next event follows. */
async function runBranch(
  branch: Sequence,
  payload: Json,
  { frame, index, signal }: { frame: Frame; index: number; signal: AbortSignal },
): Promise<Json> {
  const scope = { ...frame.scope, variables: frame.variables };
  const outer = scope.line;
  if (outer === undefined) return runSequence(branch, payload, { ...scope, signal });
  const line = branchOff(outer, index, {});
  try {
    const output = await runSequence(branch, payload, { ...scope, signal, line });
    endLine(outer, line);
    return output;
  } catch (thrown) {
    if (endLine(outer, line)) cutShort(outer, line.previous);
    throw thrown;
  }
}
