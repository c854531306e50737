import { describe, expect, test } from "vitest";
import { OTHERWISE, type Graph, type GraphNode, type StepNode } from "./graph.ts";
import { followControls, lineageOf, type AfterTask, type Source } from "./lineage.ts";

const step = (name: string): StepNode => ({ type: "step", name, options: {} });
const foreach = (join: string, ...body: GraphNode[]): GraphNode => ({
  type: "foreach",
  over: `${join}List`,
  as: `${join}Item`,
  body,
  join: step(join),
});
const branch = (join: string, ...bodies: GraphNode[][]): GraphNode => ({
  type: "branch",
  branches: bodies.map((body, i) => ({ name: `b${i}`, body })),
  join: step(join),
});
const choice = (id: string, cases: Record<string, GraphNode[]>, otherwise?: GraphNode[]): GraphNode => ({
  type: "switch",
  id,
  on: `${id}On`,
  cases: Object.entries(cases).map(([value, body]) => ({ value, body })),
  ...(otherwise && { otherwise }),
});
const loop = (id: string, ...body: GraphNode[]): GraphNode => ({ type: "loop", id, while: `${id}More`, max: 3, body });
const graph = (...body: GraphNode[]): Graph => ({ version: 1, name: "F", parameters: {}, body });

/** A source in short: the step, then ^ for each component dropped, `-1` for the round before, `*` for the last one below. */
function short({ step: name, up, previous, last, items }: Source): string {
  return `${name ?? "parameters"}${"^".repeat(up)}${previous ? "-1" : ""}${last ? "*" : ""}${items.map((item) => `+${item.as}@${item.depth}`).join("")}`;
}

const shapes: [string, Graph, Record<string, string[]>][] = [
  ["a chain: each step begins with the one before", graph(step("a"), step("b")), { a: ["parameters"], b: ["a"] }],
  [
    "a foreach: a child begins with what was before and its own element; so does the join, without it",
    graph(step("a"), foreach("j", step("b"), step("c")), step("d")),
    { b: ["a^+jItem@1"], c: ["b"], j: ["a"], d: ["j"] },
  ],
  [
    "a foreach in a foreach binds both elements, outermost first",
    graph(foreach("j", foreach("k", step("a")), step("b"))),
    { a: ["parameters^^+jItem@1+kItem@2"], k: ["parameters^+jItem@1"], b: ["k"], j: ["parameters"] },
  ],
  [
    "branches all begin with what was before",
    graph(step("a"), branch("j", [step("b")], [step("c")])),
    { b: ["a"], c: ["a"], j: ["a"] },
  ],
  [
    "after a switch: whichever case ran, and what was before where a case is empty",
    graph(step("a"), choice("s", { x: [step("b")], y: [] }), step("c")),
    { b: ["a"], c: ["b", "a"] },
  ],
  [
    "after a switch whose every case has a step, nothing before it comes in question",
    graph(step("a"), choice("s", { x: [step("b")] }, [step("d")]), step("c")),
    { c: ["b", "d"] },
  ],
  [
    "a loop's round begins with the round before, the first with what was before",
    graph(step("a"), loop("l", step("b"), step("c")), step("d")),
    { b: ["c-1", "a^"], c: ["b"], d: ["c*"] },
  ],
  [
    "a loop in a loop",
    graph(step("a"), loop("l", loop("m", step("b"))), step("c")),
    { b: ["b-1", "b^-1*", "a^^"], c: ["b*"] },
  ],
  [
    "a loop that is all of a foreach's body",
    graph(step("a"), foreach("j", loop("l", step("b")))),
    { b: ["b-1", "a^^+jItem@1"], j: ["a"] },
  ],
];

describe("what a step begins with", () => {
  test.each(shapes)("%s", (_, shape, expected) => {
    const { steps } = lineageOf(shape);
    for (const [name, sources] of Object.entries(expected))
      expect([name, steps.get(name)!.inputs.map(short)]).toEqual([name, sources]);
  });

  test("a join of a foreach joins what its children ended with", () => {
    const { steps } = lineageOf(graph(foreach("j", step("a"), loop("l", step("b")))));
    const { joins } = steps.get("j")!;
    expect(joins?.type === "foreach" && joins.ends.map(short)).toEqual(["b*"]);
  });

  test("a thousand steps in a row are worked out without deep recursion", () => {
    const { steps } = lineageOf(graph(...Array.from({ length: 5_000 }, (_, i) => step(`s${i}`))));
    expect(steps.get("s4999")!.inputs.map(short)).toEqual(["s4998"]);
  });
});

describe("whose values the machine asks", () => {
  test.each([
    [
      "a switch after a step has its value written down",
      graph(step("a"), choice("s", { x: [step("b")] })),
      "s",
      "written",
    ],
    [
      "a switch that a foreach's body begins with has nobody to write it",
      graph(foreach("j", choice("s", { x: [step("b")] }))),
      "s",
      "asked",
    ],
    ["so has a foreach there", graph(foreach("j", foreach("k", step("b")))), "k", "asked"],
    [
      "and one behind an empty case",
      graph(foreach("j", choice("s", { x: [] }), choice("t", { x: [step("b")] }), step("c"))),
      "t",
      "asked",
    ],
    ["a loop's condition always has a step before it", graph(foreach("j", loop("l", step("b")))), "l", "written"],
    [
      "behind a step in the body it is written",
      graph(foreach("j", step("a"), choice("s", { x: [step("b")] }))),
      "s",
      "written",
    ],
    ["the flow's own beginning is written when the run is created", graph(foreach("j", step("a"))), "j", "written"],
  ] as const)("%s", (_, shape, name, known) => {
    expect(lineageOf(shape).controls.get(name)?.known).toBe(known);
  });
});

describe("what a finishing task writes down", () => {
  /** Follows the flow from a step; every switch takes `case`, every loop goes round while `rounds` allows. */
  function follow(shape: Graph, after: AfterTask, { taken, again }: { taken: string; again: boolean }): string[] {
    const asked: string[] = [];
    followControls(lineageOf(shape), after, {
      foreach: (node, at) => void asked.push(`${node.join.name}@${at.join(".")}`),
      switch(node, at) {
        asked.push(`${node.id}@${at.join(".")}`);
        return taken === OTHERWISE ? node.otherwise! : node.cases.find((one) => one.value === taken)!.body;
      },
      loop(node, at) {
        asked.push(`${node.id}@${at.join(".")}`);
        return again;
      },
    });
    return asked;
  }

  const twoInARow = graph(
    step("a"),
    choice("s", { x: [step("b")], y: [] }),
    choice("t", { x: [step("c")], y: [step("d")] }),
  );
  test.each<[string, Graph, string | undefined, number[], string, boolean, string[]]>([
    ["nothing before a step", graph(step("a"), step("b")), "a", [], "", false, []],
    ["a foreach's width", graph(step("a"), foreach("j", step("b"))), "a", [], "", false, ["j@"]],
    ["a switch, and no further where its case has a step", twoInARow, "a", [], "x", false, ["s@"]],
    ["two control nodes in a row where the first's case is empty", twoInARow, "a", [], "y", false, ["s@", "t@"]],
    [
      "every branch's beginning",
      graph(step("a"), branch("j", [choice("s", { x: [step("b")] })], [foreach("k", step("c"))])),
      "a",
      [],
      "x",
      false,
      ["s@", "k@"],
    ],
    [
      "a loop's condition, and the beginning of its next round",
      graph(loop("l", choice("s", { x: [step("b")] }))),
      "b",
      [0],
      "x",
      true,
      ["l@0", "s@1"],
    ],
    [
      "what stands after the loop where it ends",
      graph(loop("l", step("b")), foreach("j", step("c"))),
      "b",
      [2],
      "",
      false,
      ["l@2", "j@"],
    ],
    ["the first round's beginning", graph(step("a"), loop("l", foreach("j", step("b")))), "a", [], "", false, ["j@0"]],
    ["the flow's beginning, for a run's creation", graph(foreach("j", step("b"))), undefined, [], "", false, ["j@"]],
    [
      "nothing past a foreach child's end",
      graph(foreach("j", step("b")), choice("s", { x: [step("c")] })),
      "b",
      [4],
      "x",
      false,
      [],
    ],
  ])("%s", (_, shape, after, index, taken, again, expected) => {
    expect(follow(shape, { step: after, index }, { taken, again })).toEqual(expected);
  });
});
