import type { ForeachNode, Graph, GraphNode, LoopNode, StepNode } from "./graph.ts";

/**
 * The one place that knows what stands in which kind of node. Whoever goes through a graph goes by these, and names a
 * kind only where it means something of its own there: test/node-kinds.test.ts lists those places.
 */

/** The sequences of nodes that stand in a node, in the order of the text; a switch's otherwise is the last. */
export function bodiesOf(node: GraphNode): readonly (readonly GraphNode[])[] {
  switch (node.type) {
    case "step":
      return [];
    case "foreach":
    case "loop":
      return [node.body];
    case "branch":
      return node.branches.map(({ body }) => body);
    case "switch":
      return [...node.cases.map(({ body }) => body), ...(node.otherwise ? [node.otherwise] : [])];
  }
}

/** Whether the node's body is carried out once for each turn, so that a task's index has a component more in it. */
export function hasTurns(node: GraphNode): node is ForeachNode | LoopNode {
  return node.type === "foreach" || node.type === "loop";
}

/** The step that the node is, or that joins what stands in it: the last one that it runs, where that is surely one. */
export function stepOf(node: GraphNode): StepNode | undefined {
  if (node.type === "step") return node;
  return "join" in node ? node.join : undefined;
}

const nothing = new WeakMap<GraphNode, boolean>();

/** Whether there is a way through the nodes that comes by no step; each node is looked at once, however deep it stands. */
export function mayRunNothing(nodes: readonly GraphNode[]): boolean {
  return nodes.every((node) => {
    if (node.type !== "loop" && node.type !== "switch") return false;
    const known = nothing.get(node) ?? bodiesOf(node).some(mayRunNothing);
    nothing.set(node, known);
    return known;
  });
}

/** The name by which users, the ledger and the machine know a node. */
export function nodeName(node: GraphNode): string {
  return "id" in node ? node.id : stepOf(node)!.name;
}

/** The nodes and all that stand in them, each before what stands in it. */
export function nodesIn(nodes: readonly GraphNode[]): GraphNode[] {
  const found: GraphNode[] = [];
  const go = (inner: readonly GraphNode[]): void => {
    for (const node of inner) {
      found.push(node);
      bodiesOf(node).forEach(go);
    }
  };
  go(nodes);
  return found;
}

/** Every step of the nodes and of what stands in them, joins too, in the order of the text. */
export function stepsOf(nodes: readonly GraphNode[]): StepNode[] {
  const found: StepNode[] = [];
  const go = (inner: readonly GraphNode[]): void => {
    for (const node of inner) {
      bodiesOf(node).forEach(go);
      const step = stepOf(node);
      if (step) found.push(step);
    }
  };
  go(nodes);
  return found;
}

/** The graph with each step, joins too, as `change` makes it. */
export function mapSteps(graph: Graph, change: (step: StepNode) => StepNode): Graph {
  const all = (nodes: readonly GraphNode[]): GraphNode[] => nodes.map(one);
  const named = <T extends { readonly body: readonly GraphNode[] }>(bodies: readonly T[]) =>
    bodies.map((named) => ({ ...named, body: all(named.body) }));
  const one = (node: GraphNode): GraphNode => {
    switch (node.type) {
      case "step":
        return change(node);
      case "foreach":
        return { ...node, body: all(node.body), join: change(node.join) };
      case "branch":
        return { ...node, branches: named(node.branches), join: change(node.join) };
      case "switch":
        return { ...node, cases: named(node.cases), ...(node.otherwise && { otherwise: all(node.otherwise) }) };
      case "loop":
        return { ...node, body: all(node.body) };
    }
  };
  return { ...graph, body: all(graph.body) };
}
