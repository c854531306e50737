import type { Json, JsonObject } from "../../../graph/graph.ts";
import type { MapState, StateMap } from "../../../statemachines/asl.ts";
import { runConcurrently } from "../concurrently.ts";
import { Aborted, TaskFailure, failure, invalidMachine } from "../errors.ts";
import type { Expression, Frame, RunState, Scope } from "../execution.ts";
import { tell } from "../execution.ts";
import { prepareInput, prepareResult } from "../input-output.ts";
import { prepareBatcher } from "../item-batcher.ts";
import { prepareItemReader } from "../item-reader.ts";
import { limited } from "../payload.ts";
import { excerpt, prepareNumber, preparePath } from "../path.ts";
import { prepareErrorHandling } from "../retry.ts";
import { runSequence } from "../sequence.ts";
import type { Sequence } from "../sequence.ts";
import { prepareTemplate } from "../template.ts";
import { prepareTolerance } from "../tolerance.ts";

/**
 * Where MaxConcurrency is 0 or absent. AWS Step Functions: an inline Map runs up to 40 iterations at once, a distributed
 * one up to 10,000 child executions; here that many loops would only wait for each other.
 */
const INLINE_CONCURRENCY = 40;
const DISTRIBUTED_CONCURRENCY = 1_000;

/** The inputs of a Map's iterations: each is made as its iteration starts. */
interface Items {
  readonly length: number;
  /** How many of the items an iteration takes: more than one only in batches. */
  readonly weight: (index: number) => number;
  readonly input: (index: number) => Json;
  /** `$$.Map.Item` inside the iteration. */
  readonly item: (index: number) => JsonObject | undefined;
}

/** Runs its body once for each item; the result is the outputs in the items' order. */
export function prepareMap(state: MapState, prepare: (body: StateMap) => Sequence): RunState {
  const body = state.ItemProcessor ?? state.Iterator;
  if (body === undefined) throw invalidMachine("A Map state must have an ItemProcessor.");
  if (state.ResultWriter !== undefined)
    throw invalidMachine("ResultWriter is not supported: write results in the Map's body.");
  const distributed = state.ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED";
  refuseDistributedFields(state, distributed);
  const sequence = prepare(body);
  const select = prepareInput(state);
  const toOutput = prepareResult(state);
  const readItems = prepareItems(state);
  const toInputs = prepareInputs(state);
  const tolerate = prepareTolerance(state);
  const maxConcurrency = prepareNumber(state.MaxConcurrency, state.MaxConcurrencyPath, "MaxConcurrency");
  const childScope = distributed ? distributedScope : inlineScope;

  const attempt = async (raw: Json, frame: Frame): Promise<Json> => {
    const { scope } = frame;
    const input = select(raw, frame);
    const all = await readItems(input, frame);
    const inputs = toInputs(all, input, frame);
    const concurrency = maxConcurrency?.(input, frame) || (distributed ? DISTRIBUTED_CONCURRENCY : INLINE_CONCURRENCY);
    const failed = tolerate?.(all.length, input, frame);
    const outputs: Json[] = Array.from({ length: inputs.length }, () => null);
    if (scope.execution.onEvent) tell(frame, { type: "MapStarted", length: inputs.length });
    await runConcurrently(inputs.length, concurrency, scope.signal, async (index, signal) => {
      const itemInput = limited(inputs.input(index), "An iteration's input");
      const run = () =>
        runSequence(sequence, itemInput, childScope(frame, index, signal, itemInput, inputs.item(index)));
      try {
        outputs[index] = await (scope.execution.onEvent === undefined ? run() : observed(frame, index, run));
      } catch (error) {
        if (failed === undefined || signal.aborted || !(error instanceof TaskFailure)) throw error;
        outputs[index] = failed(error, inputs.weight(index));
      }
    });
    if (scope.signal.aborted) throw new Aborted();
    return toOutput(raw, limited(outputs, "The iterations' result"), frame);
  };
  return prepareErrorHandling(state, attempt);
}

function prepareItems(state: MapState): (input: Json, frame: Frame) => Promise<readonly Json[]> | readonly Json[] {
  if (state.ItemReader !== undefined) return prepareItemReader(state.ItemReader);
  const read = preparePath(state.ItemsPath ?? "$", "ItemsPath");
  return (input, frame) => {
    const items = read(input, frame);
    if (Array.isArray(items)) return items as readonly Json[];
    throw failure("States.Runtime", `The items of a Map must be an array, not ${excerpt(items)}`);
  };
}

/** ItemSelector and ItemBatcher: from the items to what the iterations get. */
function prepareInputs(state: MapState): (items: readonly Json[], input: Json, frame: Frame) => Items {
  if (state.ItemSelector !== undefined && state.Parameters !== undefined) {
    throw invalidMachine("ItemSelector and Parameters cannot both be given.");
  }
  const template = state.ItemSelector ?? state.Parameters;
  const selector: Expression | undefined = template === undefined ? undefined : prepareTemplate(template);
  const toBatches = state.ItemBatcher === undefined ? undefined : prepareBatcher(state.ItemBatcher);
  return (items, input, frame) => {
    const item = (index: number): JsonObject => ({ Index: index, Value: items[index]! });
    const select = (index: number): Json =>
      selector === undefined
        ? items[index]!
        : selector(input, { ...frame, scope: { ...frame.scope, item: item(index) } });
    if (toBatches === undefined) return { length: items.length, weight: () => 1, input: select, item };
    const { batches, sizes } = toBatches(
      items.map((_, index) => select(index)),
      input,
      frame,
    );
    return {
      length: batches.length,
      weight: (index) => sizes[index]!,
      input: (index) => batches[index]!,
      item: () => undefined,
    };
  };
}

function inlineScope(
  { scope }: Frame,
  index: number,
  signal: AbortSignal,
  _: Json,
  item: JsonObject | undefined,
): Scope {
  return {
    ...scope,
    signal,
    item,
    within: scope.execution.onEvent === undefined ? scope.within : [...scope.within, index],
  };
}

/** A distributed Map's child is an execution of its own, with its own `$$.Execution` and no `$$.Map`. */
function distributedScope(frame: Frame, index: number, signal: AbortSignal, input: Json): Scope {
  const startedAt = frame.scope.execution.clock.now();
  const parent = frame.scope.about;
  const { state } = frame;
  const about = () => ({
    ...parent(),
    Id: `${String(parent()["Id"])}/${state}:${index}`,
    Input: input,
    Name: String(index),
    StartTime: new Date(startedAt).toISOString(),
  });
  return { ...inlineScope(frame, index, signal, input, undefined), about };
}

async function observed(frame: Frame, index: number, run: () => Promise<Json>): Promise<Json> {
  tell(frame, { type: "MapIterationStarted", index });
  try {
    const output = await run();
    tell(frame, { type: "MapIterationSucceeded", index });
    return output;
  } catch (thrown) {
    if (thrown instanceof TaskFailure) {
      tell(frame, { type: "MapIterationFailed", index, error: thrown.error, cause: thrown.cause });
    } else if (thrown instanceof Aborted) {
      tell(frame, { type: "MapIterationAborted", index });
    }
    throw thrown;
  }
}

function refuseDistributedFields(state: MapState, distributed: boolean): void {
  if (distributed) return;
  const fields = Object.keys(state).filter((key) => /^(Item(Reader|Batcher)|Label|ToleratedFailure.*)$/.test(key));
  if (fields.length > 0)
    throw invalidMachine(`${fields.join(", ")} can only be given where ProcessorConfig's Mode is DISTRIBUTED.`);
}
