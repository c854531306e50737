import type { Graph, GraphNode, StepNode } from "../sdk/graph/graph.ts";
import { lineageOf } from "../sdk/graph/lineage.ts";
import type { ChoiceRule, ChoiceTest, StateMachine } from "./asl.ts";
import { addState, answersItself, END, type Block, type Entry, type Flow } from "./block.ts";
import { compileForeach } from "./compile-foreach.ts";
import { compileStep } from "./compile-step.ts";
import { compileBranch, compileLoop, compileSwitch } from "./compile-turns.ts";
import { addControlRead } from "./control.ts";
import { entryOf, readName } from "./entry.ts";
import { inlineForeachs } from "./inline.ts";
import type { MachineResources } from "./resources.ts";

/**
 * Compiles a flow's graph to its state machine. Pure: the same graph and resources give the same bytes. contract.ts says
 * what the machine is started with and what it says to those it calls.
 *
 * The graph must be a valid one; whether AWS would take the machine is checkMachine's to say.
 */
export function compile(graph: Graph, resources: MachineResources): StateMachine {
  const flow: Flow = { graph, resources, lineage: lineageOf(graph), inline: inlineForeachs(graph), compileBody };
  const block: Block = { flow, depth: 0, copy: "", outermost: true, states: {} };
  const entries = graph.body.map((node) => entryOf(node, block).state!);
  const StartAt = addEnter(graph, block, entries);
  compileBody(graph.body, block, END);
  return { Comment: `Flow ${graph.name}`, StartAt, States: block.states };
}

function compileBody(nodes: readonly GraphNode[], block: Block, exit: Entry): void {
  nodes.forEach((node, i) => {
    const following = nodes[i + 1];
    const next = following ? entryOf(following, block) : exit;
    // Who enters the flow at this node has no answer of the step before.
    const isEntered = block.outermost && stepsOf([node]).length > 0;
    const isRead = isEntered || !answersItself(nodes[i - 1]);
    if ((node.type === "foreach" || node.type === "switch") && isRead) addControlRead(block, readName(node), node);
    switch (node.type) {
      case "step":
        return compileStep(node, block, next);
      case "foreach":
        return compileForeach(node, block, next);
      case "branch":
        return compileBranch(node, block, next);
      case "switch":
        return compileSwitch(node, block, next);
      case "loop":
        return compileLoop(node, block, next);
    }
  });
}

/** Adds the Choice that lets a resumed run enter at the block that holds its step, where there is more than one. */
function addEnter(graph: Graph, block: Block, entries: readonly string[]): string {
  const [first, ...rest] = entries;
  const Choices = rest.flatMap((Next, i): ChoiceRule[] => {
    const tests = stepsOf([graph.body[i + 1]!]).map(({ name }): ChoiceTest => ({ Variable: "$.enter", StringEquals: name }));
    if (tests.length === 0) return [];
    return [{ ...(tests.length === 1 ? tests[0]! : { Or: tests }), Next }];
  });
  if (Choices.length === 0) return first!;
  const name = stepsOf(graph.body).some((step) => step.name === "Enter") ? "Enter.flow" : "Enter";
  addState(block, name, { Type: "Choice", Choices, Default: first! });
  return name;
}

function stepsOf(nodes: readonly GraphNode[]): StepNode[] {
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
