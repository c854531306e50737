import type { Graph, GraphNode, StepNode } from "../sdk/graph/graph.ts";

/** The nodes at which a resumed run may enter the flow, its beginning aside: those outermost ones that hold a step. */
export function enterable(graph: Graph): ReadonlySet<GraphNode> {
  return new Set(graph.body.slice(1).filter((node) => stepsOf([node]).length > 0));
}

/** Every step of the nodes and of what stands in them, joins too, in the order of the text. */
export function stepsOf(nodes: readonly GraphNode[]): StepNode[] {
  return nodes.flatMap((node) => {
    switch (node.type) {
      case "step":
        return [node];
      case "foreach":
        return [...stepsOf(node.body), node.join];
      case "branch":
        return [...node.branches.flatMap(({ body }) => stepsOf(body)), node.join];
      case "switch":
        return [...node.cases.flatMap(({ body }) => stepsOf(body)), ...stepsOf(node.otherwise ?? [])];
      case "loop":
        return stepsOf(node.body);
    }
  });
}
