import type { Graph } from "../../graph/graph.ts";
import type { Mistake } from "../../graph/mistake.ts";
import { nodesIn } from "../../graph/walk.ts";

/** The loops that may go round more often than the deployment lets any: each round costs. */
export function checkRounds(graph: Graph, maxRounds: number): Mistake[] {
  return nodesIn(graph.body).flatMap((node) => {
    // Only a loop has it.
    if (!("max" in node) || node.max <= maxRounds) return [];
    return {
      code: "loop.max",
      message: `the loop may go round ${node.max} times, and the deployment lets none go round more than ${maxRounds} times`,
      where: { flow: graph.name, step: node.id },
      hint: `Write a lower max, or deploy Millrace with another bound: npx sls deploy --param maxRounds=${node.max}`,
    };
  });
}
