import type { Graph } from "../graph/graph.ts";
import { parseSize } from "../graph/units.ts";
import { stepsOf } from "../graph/walk.ts";
import { LIMITS } from "./limits.ts";

/** A function of this size has one CPU for itself. [Lambda developer guide, "Configure Lambda function memory"] */
export const RUNNER_MIB = 1_769;

/** The memory of the flow's function: what the largest of its steps on Lambda asks for; undefined where it has none there. */
export function runnerMemoryMiB({ body }: Pick<Graph, "body">): number | undefined {
  const asked = stepsOf(body)
    .filter(({ options }) => options.compute === "lambda")
    .map(({ options }) => (options.memory === undefined ? undefined : Math.ceil(parseSize(options.memory))));
  if (asked.length === 0) return undefined;
  const sizes = asked.filter((one) => one !== undefined);
  return Math.max(LIMITS.lambdaMemoryMinMiB, ...(sizes.length > 0 ? sizes : [RUNNER_MIB]));
}
