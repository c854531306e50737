import type { Json } from "../../graph/graph.ts";
import type { MapState } from "../../statemachines/asl.ts";
import { failure } from "./errors.ts";
import type { TaskFailure } from "./errors.ts";
import type { Frame } from "./execution.ts";
import { prepareNumber } from "./path.ts";

/**
 * Takes note that a child with so many items failed, and answers what stands for its output; throws
 * States.ExceedToleratedFailureThreshold once that are too many.
 */
export type CountFailure = (error: TaskFailure, items: number) => Json;

/**
 * How many failures a distributed Map endures, none unless it says so. Undefined for an inline Map, which fails with
 * its first iteration, under that iteration's own error.
 */
export function prepareTolerance(
  state: MapState,
): ((total: number, input: Json, frame: Frame) => CountFailure) | undefined {
  if (state.ItemProcessor?.ProcessorConfig?.Mode !== "DISTRIBUTED") return undefined;
  const count = prepareNumber(state.ToleratedFailureCount, state.ToleratedFailureCountPath, "ToleratedFailureCount");
  const percentage = prepareNumber(
    state.ToleratedFailurePercentage,
    state.ToleratedFailurePercentagePath,
    "ToleratedFailurePercentage",
  );
  return (total, input, frame) => {
    const mostByShare = percentage && (total * percentage(input, frame)) / 100;
    const mostByCount = count?.(input, frame) ?? (mostByShare === undefined ? 0 : Infinity);
    const most = Math.min(mostByCount, mostByShare ?? Infinity);
    let failed = 0;
    return (error, items) => {
      failed += items;
      if (failed <= most) return { Error: error.error, Cause: error.cause };
      const cause = `The specified tolerated failure threshold was exceeded: ${failed} of ${total} items failed, the last with ${error.message}`;
      throw failure("States.ExceedToleratedFailureThreshold", cause);
    };
  };
}
