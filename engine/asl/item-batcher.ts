import type { Json, JsonObject } from "../../graph/graph.ts";
import type { ItemBatcher } from "../../statemachines/asl.ts";
import { invalidMachine } from "./errors.ts";
import type { Frame } from "./execution.ts";
import { PAYLOAD_BYTES, payloadBytes } from "./payload.ts";
import { prepareNumber } from "./path.ts";
import { prepareTemplate } from "./template.ts";

export interface Batches {
  readonly batches: readonly JsonObject[];
  /** How many items each has. */
  readonly sizes: readonly number[];
}

/** Puts items together as `{ Items, BatchInput }`, each batch within its greatest number of items and bytes. */
export function prepareBatcher(batcher: ItemBatcher): (items: readonly Json[], input: Json, frame: Frame) => Batches {
  const maxItems = prepareNumber({
    literal: batcher.MaxItemsPerBatch,
    path: batcher.MaxItemsPerBatchPath,
    field: "MaxItemsPerBatch",
  });
  const maxBytes = prepareNumber({
    literal: batcher.MaxInputBytesPerBatch,
    path: batcher.MaxInputBytesPerBatchPath,
    field: "MaxInputBytesPerBatch",
  });
  if (maxItems === undefined && maxBytes === undefined) {
    throw invalidMachine("An ItemBatcher must have MaxItemsPerBatch or MaxInputBytesPerBatch.");
  }
  const batchInput = batcher.BatchInput === undefined ? undefined : prepareTemplate(batcher.BatchInput);
  return (items, input, frame) => {
    const shared: JsonObject = batchInput === undefined ? {} : { BatchInput: batchInput(input, frame) };
    const mostItems = maxItems?.(input, frame) || Infinity;
    const mostBytes = Math.min(maxBytes?.(input, frame) || Infinity, PAYLOAD_BYTES);
    const empty = payloadBytes({ ...shared, Items: [] });
    const groups: Json[][] = [];
    let bytes = 0;
    for (const item of items) {
      const added = payloadBytes(item) + 1;
      const last = groups.at(-1);
      if (last !== undefined && last.length < mostItems && bytes + added <= mostBytes) {
        last.push(item);
        bytes += added;
      } else {
        groups.push([item]);
        bytes = empty + added;
      }
    }
    return {
      batches: groups.map((Items) => ({ ...shared, Items })),
      sizes: groups.map(({ length }) => length),
    };
  };
}
