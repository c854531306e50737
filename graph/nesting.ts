import type { GraphNode } from "./graph.ts";
import { bodiesOf } from "./walk.ts";

/**
 * How many nodes of a flow stand in one another at most, the innermost counted: a step in a loop in a foreach makes three.
 * More than anybody writes; what goes through a graph, its machine or a payload by recursion has room for so many. A task's
 * index, which has a component for each foreach and loop around it, keeps to the 1,024 bytes of a sort key with it. Amazon
 * DynamoDB developer guide, "Constraints".
 */
export const MAX_NESTING = 60;

/** Lists and objects in one another: a branch or a switch takes four for what stands in it, the rest is a step's options. */
const MAX_JSON_NESTING = 4 * MAX_NESTING + 16;

/** The first node that stands deeper than MAX_NESTING, found without recursion. */
export function tooDeepNode(body: readonly GraphNode[]): GraphNode | undefined {
  let level = [...body];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > MAX_NESTING) return level[0];
    level = level.flatMap((node) => bodiesOf(node).flat());
  }
  return undefined;
}

/** Whether a value of JSON has more in one another than any graph that may be; whatever it is, without recursion. */
export function isTooDeepForGraph(json: unknown): boolean {
  let level = [json];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_JSON_NESTING) return true;
    level = level.flatMap((value): unknown[] =>
      typeof value === "object" && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}
