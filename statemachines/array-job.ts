import type { ForeachNode } from "../graph/graph.ts";

/**
 * Whether the foreach is one array job, or a few: its body is one step on Batch, and nothing bounds how many run at once. For
 * the compiler; everybody else reads it from the compiled states.
 */
export function isArrayJob({ body, concurrency }: ForeachNode): boolean {
  const [step, ...rest] = body;
  return step?.type === "step" && rest.length === 0 && step.options.compute !== "lambda" && concurrency === undefined;
}
