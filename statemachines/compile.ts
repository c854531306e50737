import type { Graph, GraphNode } from "../sdk/graph/graph.ts";
import { lineageOf } from "../sdk/graph/lineage.ts";
import type { ChoiceRule, ChoiceTest, StateMachine } from "./asl.ts";
import { addState, answersItself, END, type Block, type Entry, type Flow } from "./block.ts";
import { compileForeach } from "./compile-foreach.ts";
import { compileStep } from "./compile-step.ts";
import { compileBranch, compileLoop, compileSwitch } from "./compile-turns.ts";
import { addControlRead } from "./control.ts";
import { enterable, stepsOf } from "./enter.ts";
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
  const flow: Flow = {
    graph,
    resources,
    lineage: lineageOf(graph),
    inline: inlineForeachs(graph),
    compileBody,
  };
  const block: Block = { flow, depth: 0, copy: "", entered: enterable(graph), states: {} };
  const StartAt = addEnter(graph, block, entryOf(graph.body[0]!, block).state!);
  compileBody(graph.body, block, END);
  return { Comment: `Flow ${graph.name}`, StartAt, States: block.states };
}

function compileBody(nodes: readonly GraphNode[], block: Block, exit: Entry): void {
  nodes.forEach((node, i) => {
    const following = nodes[i + 1];
    const next = following ? entryOf(following, block) : exit;
    // Who enters the flow at this node has no answer of the step before.
    const isRead = block.entered.has(node) || !answersItself(nodes[i - 1]);
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
function addEnter(graph: Graph, block: Block, first: string): string {
  const nodes = enterable(graph);
  if (nodes.size === 0) return first;
  const Choices = [...nodes].map((node): ChoiceRule => {
    const tests = stepsOf([node]).map(({ name }): ChoiceTest => ({
      Variable: "$.enter",
      StringEquals: name,
    }));
    return {
      ...(tests.length === 1 ? tests[0]! : { Or: tests }),
      Next: entryOf(node, block).state!,
    };
  });
  const name = stepsOf(graph.body).some((step) => step.name === "Enter") ? "Enter.flow" : "Enter";
  addState(block, name, { Type: "Choice", Choices, Default: first });
  return name;
}
