import { describe, expect, test } from "vitest";
import type { Graph, GraphNode } from "../../graph/graph.ts";
import { MAX_NESTING } from "../../graph/nesting.ts";
import { foreach, graph, lambda, loop, step, switchOn, branch } from "../../statemachines/fixtures.ts";
import { openService } from "../api/fixtures.ts";
import { checkForeignGraph } from "./check-graph.ts";

const check = (flow: Graph) => checkForeignGraph("F", flow);

/** JSON of so many lists, or objects, in one another; made by no recursion. */
function lists(depth: number): unknown {
  return JSON.parse("[".repeat(depth) + "]".repeat(depth));
}
function objects(depth: number): unknown {
  return JSON.parse('{"a":'.repeat(depth) + "1" + "}".repeat(depth));
}

type Around = (inside: GraphNode, depth: number) => GraphNode;
const around: readonly [string, Around][] = [
  ["foreachs", (inside, depth) => foreach(`j${depth}`, [inside])],
  ["loops", (inside, depth) => loop(depth, [inside])],
  ["branches", (inside, depth) => branch(`j${depth}`, [[inside]])],
  ["switches", (inside, depth) => switchOn(depth, { a: [inside] }, [])],
];

/** A flow whose nodes stand in one another so deep, the step in it counted. */
function nested(depth: number, wrap: Around): Graph {
  let node: GraphNode = step("innermost");
  for (let level = 1; level < depth; level += 1) node = wrap(node, level);
  return graph("F", step("first"), node);
}

describe("a graph that comes over the wire", () => {
  test.each(around)("may have as many %s in one another as are allowed", (_, wrap) => {
    expect(() => check(nested(MAX_NESTING, wrap))).not.toThrow();
  });

  test.each(around)("is refused with one more of %s, at its place", (_, wrap) => {
    expect(() => check(nested(MAX_NESTING + 1, wrap))).toThrow(
      expect.objectContaining({
        code: "graph.invalid",
        where: { flow: "F", step: "innermost", source: undefined },
        message: expect.stringMatching(/nested too deep: .* 60 deep at most/),
      }),
    );
  });

  const flow = graph("F", step("a"));
  test.each<[string, Graph]>([
    ["a body", { ...flow, body: lists(200_000) as GraphNode[] }],
    ["nodes", nested(200_000, (inside) => foreach("j", [inside]))],
    ["a step's environment", graph("F", step("a", { env: objects(200_000) as Record<string, string> }))],
    ["a parameter's schema", { ...flow, parameters: { p: { required: false, schema: objects(200_000) as never } } }],
  ])("with %s 200,000 deep is refused with a clear error", (_, deep) => {
    expect(() => check(deep)).toThrow(
      expect.objectContaining({ code: "graph.tooDeep", hint: expect.any(String), where: { flow: "F" } }),
    );
  });

  /** What checkFlowMachines need not ask again. */
  test.each([
    [
      "a Lambda step that may take longer than 15 minutes",
      lambda("x", { timeout: "16m" }),
      /Lambda has no timeout of 16m/,
    ],
    ["a Lambda step with more memory than there is", lambda("x", { memory: "11GiB" }), /Lambda has no memory of 11GiB/],
    ["a Lambda step with a GPU", lambda("x", { gpu: 1 }), /Lambda has no GPU/],
    [
      "a Batch step with more than 10 attempts",
      step("x", { retry: { attempts: 10 } }),
      /its graph is none: body\.0\.options\.retry\.attempts /,
    ],
    [
      "a step whose states would have names that are too long",
      step("x".repeat(61)),
      /its graph is none: body\.0\.name /,
    ],
    [
      "memory that is no text, deep inside",
      loop(1, [foreach("j", [step("x", { memory: 4 as never })])]),
      /its graph is none: body\.0\.body\.0\.body\.0\.options\.memory .*"number"/,
    ],
    ["an option that there is not", step("x", { cores: 4 } as never), /its graph is none: body\.0\.options\.cores /],
  ])("is refused with %s, before it is compiled", (_, node, message) => {
    expect(() => check(graph("F", node))).toThrow(
      expect.objectContaining({ code: "graph.invalid", message: expect.stringMatching(message) }),
    );
  });
});

test("the API answers 400 for a graph that is too deep, and makes nothing", async () => {
  const { app, codePackage, asked } = await openService();
  const put = async (deep: Graph) => {
    const body = JSON.stringify({ graph: deep, codePackage, user: "ann", tags: [] });
    const response = await app.request("/flows/F", { method: "PUT", body });
    return { status: response.status, problem: await response.json() };
  };
  const deep = await put(nested(MAX_NESTING + 1, (inside, depth) => foreach(`j${depth}`, [inside])));
  expect(deep).toMatchObject({ status: 400, problem: { code: "graph.invalid", where: { step: "innermost" } } });
  const text = `{"version":1,"name":"F","parameters":{},"body":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  const response = await app.request("/flows/F", { method: "PUT", body: `{"graph":${text},"user":"ann"}` });
  expect([response.status, await response.json()]).toMatchObject([400, { code: "request.invalid" }]);
  expect(asked).toEqual([]);
});
