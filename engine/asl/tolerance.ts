import type { Json } from "../../graph/graph.ts";
import type { MapState } from "../../statemachines/asl.ts";
import { failure, stateFailure } from "./errors.ts";
import type { TaskFailure } from "./errors.ts";
import type { Frame } from "./execution.ts";
import { prepareNumber } from "./path.ts";

/**
 * Takes note that a child with so many items failed, and answers what stands for its output; throws
 * States.ExceedToleratedFailureThreshold once that are too many.
 */
export type CountFailure = (error: TaskFailure, items: number) => Json;

/** How many failures a distributed Map endures, none unless it says so; `total` is how many items it has. */
export function prepareTolerance(state: MapState): (input: Json, frame: Frame) => (total: number) => CountFailure {
  const count = prepareNumber({
    literal: state.ToleratedFailureCount,
    path: state.ToleratedFailureCountPath,
    field: "ToleratedFailureCount",
    isNumeral: true,
  });
  const percentage = prepareNumber({
    literal: state.ToleratedFailurePercentage,
    path: state.ToleratedFailurePercentagePath,
    field: "ToleratedFailurePercentage",
    isNumeral: true,
    kind: "float",
    refuse: (value) =>
      value < 0 || value > 100
        ? stateFailure("States.Runtime", "ToleratedFailurePercentage must be between 0 and 100.")
        : undefined,
  });
  return (input, frame) => {
    const mostByCount = count?.(input, frame);
    const percent = percentage?.(input, frame);
    return (total) => {
      const mostByShare = percent === undefined ? Infinity : (total * percent) / 100;
      const most = Math.min(mostByCount ?? (percent === undefined ? 0 : Infinity), mostByShare);
      return countFailures(most, total);
    };
  };
}

function countFailures(most: number, total: number): CountFailure {
  let failed = 0;
  return (error, items) => {
    failed += items;
    if (failed <= most) return { Error: error.error, Cause: error.cause };
    throw failure(
      "States.ExceedToleratedFailureThreshold",
      `The specified tolerated failure threshold was exceeded: ${failed} of ${total} items failed, the last with ${error.message}`,
    );
  };
}
