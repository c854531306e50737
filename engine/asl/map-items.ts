import type { Json, JsonObject } from "../../graph/graph.ts";
import type { MapState } from "../../statemachines/asl.ts";
import { invalidMachine } from "./errors.ts";
import type { Expression, Frame } from "./execution.ts";
import { prepareBatcher } from "./item-batcher.ts";
import { prepareTemplate } from "./template.ts";

/** The inputs of a Map's iterations: each is made as its iteration starts. */
export interface MapItems {
  readonly length: number;
  /** How many of the items an iteration takes: more than one only in batches. */
  readonly weight: (index: number) => number;
  readonly input: (index: number) => Json;
  /** `$$.Map.Item` inside the iteration. */
  readonly item: (index: number) => JsonObject | undefined;
}

/** ItemSelector and ItemBatcher: from the items to what the iterations get. */
export function prepareMapItems(state: MapState): (items: readonly Json[], input: Json, frame: Frame) => MapItems {
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
