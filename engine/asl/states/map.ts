import type { Json } from "../../../graph/graph.ts";
import type { ItemProcessor, MapState, StateMap } from "../../../statemachines/asl.ts";
import { runConcurrently } from "../concurrently.ts";
import { Aborted, StateFailure, TaskFailure, invalidMachine } from "../errors.ts";
import type { Frame, RunState } from "../execution.ts";
import { emit } from "../execution.ts";
import { prepareInput, prepareResult } from "../input-output.ts";
import { prepareItemReader } from "../item-reader.ts";
import { prepareMapItems } from "../map-items.ts";
import { childExecutions, inlineIterations } from "../map-iteration.ts";
import type { RunIteration } from "../map-iteration.ts";
import { limited } from "../payload.ts";
import { prepareItemsPath, prepareNumber } from "../path.ts";
import { prepareErrorHandling } from "../retry.ts";
import type { Sequence } from "../sequence.ts";
import { prepareTolerance } from "../tolerance.ts";
import type { CountFailure } from "../tolerance.ts";

/**
 * Where MaxConcurrency is 0 or absent. AWS Step Functions: an inline Map runs up to 40 iterations at once, a distributed
 * one up to 10,000 child executions; here that many loops would only wait for each other.
 */
const INLINE_CONCURRENCY = 40;
const DISTRIBUTED_CONCURRENCY = 1_000;

/** Runs its body once for each item; the result is the outputs in the items' order. */
export function prepareMap(state: MapState, prepare: (body: StateMap) => Sequence): RunState {
  const body: ItemProcessor | undefined = state.ItemProcessor ?? state.Iterator;
  if (body === undefined) throw invalidMachine("A Map state must have an ItemProcessor.");
  if (state.ResultWriter !== undefined)
    throw invalidMachine("ResultWriter is not supported: write results in the Map's body.");
  const distributed = body.ProcessorConfig?.Mode === "DISTRIBUTED";
  refuseDistributedFields(state, body);
  const sequence = prepare(body);
  const select = prepareInput(state);
  const toOutput = prepareResult(state);
  const readItems = state.ItemReader === undefined ? undefined : prepareItemReader(state.ItemReader);
  const itemsAt = prepareItemsPath(state.ItemsPath ?? "$");
  const toItems = prepareMapItems(state);
  const tolerance = distributed ? prepareTolerance(state) : undefined;
  const maxConcurrency = prepareNumber({
    literal: state.MaxConcurrency,
    path: state.MaxConcurrencyPath,
    field: "MaxConcurrency",
    isNumeral: true,
  });

  const attempt = async (raw: Json, frame: Frame): Promise<Json> => {
    const input = select(raw, frame);
    const concurrency = maxConcurrency?.(input, frame) || (distributed ? DISTRIBUTED_CONCURRENCY : INLINE_CONCURRENCY);
    const inputItems = readItems === undefined ? itemsAt(input, frame) : [];
    emit(frame, { type: "MapStarted", length: inputItems.length });
    const tolerate = tolerance?.(input, frame);
    const runAll = async () => {
      const all = readItems === undefined ? inputItems : await readItems(input, frame);
      const items = toItems(all, input, frame);
      const run = (distributed ? childExecutions : inlineIterations)(sequence, frame);
      const outputs: Json[] = Array.from({ length: items.length }, () => null);
      const failed = tolerate?.(all.length);
      await runConcurrently({ count: items.length, concurrency }, frame.scope.signal, async (index, signal) => {
        const itemInput = limited(items.input(index), frame.state);
        const iteration = () => run({ index, input: itemInput, item: items.item(index), signal });
        outputs[index] = await (failed === undefined
          ? iteration()
          : tolerated(iteration, signal, (error) => failed(error, items.weight(index))));
      });
      if (frame.scope.signal.aborted) throw new Aborted();
      return limited(outputs, frame.state);
    };
    const outputs = await (distributed ? withinMapRun(state, frame, runAll) : runAll());
    emit(frame, { type: "MapSucceeded" });
    return toOutput(raw, outputs, frame);
  };
  return prepareErrorHandling(state, attempt, { failed: (frame) => emit(frame, { type: "MapFailed" }) });
}

/** A child's failure counts among those that the Map endures, and its error stands for its output. */
async function tolerated(
  run: () => ReturnType<RunIteration>,
  signal: AbortSignal,
  count: (error: TaskFailure) => ReturnType<CountFailure>,
): Promise<Json> {
  try {
    return await run();
  } catch (error) {
    if (signal.aborted || !(error instanceof TaskFailure)) throw error;
    return count(error);
  }
}

/** What of a distributed Map the history tells: its run, whose children have histories of their own. */
async function withinMapRun(state: MapState, frame: Frame, run: () => Promise<Json>): Promise<Json> {
  const { line, about } = frame.scope;
  if (line === undefined) return run();
  const machine = String(about()["Id"]).replace(/:execution:([^:]*):.*/, ":mapRun:$1");
  emit(frame, { type: "MapRunStarted", mapRunArn: `${machine}/${state.Label ?? frame.state}:${line.log.count}` });
  try {
    const outputs = await run();
    emit(frame, { type: "MapRunSucceeded" });
    return outputs;
  } catch (thrown) {
    if (thrown instanceof TaskFailure && !(thrown instanceof StateFailure)) {
      const { error, cause } = thrown;
      emit(frame, { type: "MapRunFailed", error, cause });
    }
    throw thrown;
  }
}

/** Tolerated failures may stand in a Map that does not say its mode: AWS takes them, to no effect. */
function refuseDistributedFields(state: MapState, { ProcessorConfig }: ItemProcessor): void {
  if (ProcessorConfig?.Mode === "DISTRIBUTED") return;
  const wrong =
    ProcessorConfig === undefined
      ? /^(Item(Reader|Batcher)|Label)$/
      : /^(Item(Reader|Batcher)|Label|ToleratedFailure.*)$/;
  const fields = Object.keys(state).filter((key) => wrong.test(key));
  if (fields.length > 0)
    throw invalidMachine(`${fields.join(", ")} can only be given where ProcessorConfig's Mode is DISTRIBUTED.`);
}
