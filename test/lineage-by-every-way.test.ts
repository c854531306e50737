import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Graph, GraphNode } from "../graph/graph.ts";
import { lineageOf, type Source } from "../graph/lineage.ts";
import { bodiesOf, hasTurns, nodeName, stepOf } from "../graph/walk.ts";
import { arbitraryGraph } from "../statemachines/arbitrary-graph.ts";
import { foreach, graph, step, switchOn } from "../statemachines/fixtures.ts";

/**
 * The lineage as it is defined: each way through a flow is gone by itself, however many there are. What graph/lineage.ts
 * works out once for each place must come to the same.
 */
interface Sequence {
  readonly nodes: readonly GraphNode[];
  readonly depth: number;
  readonly around?: { readonly node: GraphNode; readonly sequence: Sequence; readonly at: number };
}

const here: Source = { up: 0, previous: false, last: false, items: [] };

function inside(sequence: Sequence, at: number): Sequence[] {
  const node = sequence.nodes[at]!;
  const depth = sequence.depth + (hasTurns(node) ? 1 : 0);
  return bodiesOf(node).map((nodes) => ({ nodes, depth, around: { node, sequence, at } }));
}

function before(sequence: Sequence, at: number): Source[] {
  if (at > 0) return left(sequence, at - 1);
  if (!sequence.around) return [here];
  const { node } = sequence.around;
  const outer = before(sequence.around.sequence, sequence.around.at);
  if (!hasTurns(node)) return outer;
  const up = outer.map((source) => ({ ...source, up: source.up + 1 }));
  if (node.type === "foreach") {
    const item = { foreach: nodeName(node), as: node.as, depth: sequence.depth };
    return up.map((source) => ({ ...source, items: [...source.items, item] }));
  }
  return [...left(sequence, sequence.nodes.length - 1).map((source) => ({ ...source, previous: true })), ...up];
}

function left(sequence: Sequence, at: number): Source[] {
  const node = sequence.nodes[at]!;
  const step = stepOf(node);
  if (step) return [{ ...here, step: step.name }];
  const taken = inside(sequence, at).flatMap((body) =>
    body.nodes.length > 0 ? left(body, body.nodes.length - 1) : [],
  );
  if (node.type === "loop") return taken.map((source) => ({ ...source, last: true }));
  const isAnyEmpty = bodiesOf(node).some((nodes) => nodes.length === 0);
  const all = isAnyEmpty ? [...taken, ...before(sequence, at)] : taken;
  return all.filter((one, i) => all.findIndex((other) => JSON.stringify(other) === JSON.stringify(one)) === i);
}

/** Adds the control nodes that the machine comes to from there with no step before. */
function reach(sequence: Sequence, at: number, found: Set<GraphNode>): void {
  const node = sequence.nodes[at];
  const { around } = sequence;
  if (!node) {
    if (around?.node.type === "switch") reach(around.sequence, around.at + 1, found);
    return;
  }
  if (node.type === "step") return;
  if (node.type === "foreach" || node.type === "switch") found.add(node);
  if (node.type !== "foreach") for (const body of inside(sequence, at)) reach(body, 0, found);
}

/** What each node's inputs are, and the nodes whose values are asked. */
interface Found {
  readonly inputs: Map<string, readonly Source[]>;
  readonly asked: Set<GraphNode>;
}

function everyWay(flow: Graph): Found {
  const found: Found = { inputs: new Map(), asked: new Set() };
  const go = (sequence: Sequence): void =>
    sequence.nodes.forEach((node, at) => {
      found.inputs.set(nodeName(node), before(sequence, at));
      for (const body of inside(sequence, at)) {
        if (node.type === "foreach") reach(body, 0, found.asked);
        go(body);
      }
    });
  go({ nodes: flow.body, depth: 0 });
  return found;
}

function workedOut(flow: Graph): Found {
  const { steps, controls } = lineageOf(flow);
  return {
    inputs: new Map([...controls, ...steps].map(([name, { inputs }]) => [name, inputs])),
    asked: new Set(Array.from(controls.values()).flatMap(({ node, known }) => (known === "asked" ? [node] : []))),
  };
}

/** So many switches in a row, each with a switch of empty cases in one of its cases and nothing in the other. */
const passedBy = (from: number, count: number): GraphNode[] =>
  Array.from({ length: count }, (_, i) =>
    switchOn(from + 2 * i, { a: [switchOn(from + 2 * i + 1, { a: [], b: [] })], b: [] }),
  );

describe("what comes before a step, and whose values are asked, is what every way through the flow says", () => {
  test("of any flow", () => {
    fc.assert(
      fc.property(arbitraryGraph, (flow) => void expect(workedOut(flow)).toEqual(everyWay(flow))),
      { numRuns: 300 },
    );
  });

  test.each([1, 2, 5, 8])("of %i switches in a row that may be passed by", (count) => {
    for (const flow of [
      graph("F", step("a"), ...passedBy(1, count), step("b")),
      graph("F", foreach("j", [...passedBy(1, count), step("b")])),
    ])
      expect(workedOut(flow)).toEqual(everyWay(flow));
  });
});

test("a flow of 40 switches in a row that may be passed by has its lineage worked out", () => {
  const flow = graph("F", step("a"), ...passedBy(1, 40), step("b"), foreach("j", [...passedBy(81, 40), step("c")]));
  const { steps, controls } = lineageOf(flow);
  expect(steps.get("b")!.inputs).toEqual([{ ...here, step: "a" }]);
  expect(steps.get("c")!.inputs.map(({ step: name, up }) => [name, up])).toEqual([["b", 1]]);
  expect([...controls.values()].filter(({ known }) => known === "asked")).toHaveLength(80);
});
