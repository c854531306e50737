import { expect, test } from "vitest";
import type { Graph } from "../graph/graph.ts";
import { checkFlowMachines } from "./check.ts";
import { compile } from "./compile.ts";
import { branch, foreach, graph, lambda, loop, step, switchOn } from "./fixtures.ts";
import { offlineResources } from "./resources.ts";

function mistakesOf(flow: Graph) {
  return checkFlowMachines(flow, compile(flow, offlineResources));
}

function chain(length: number) {
  return Array.from({ length }, (_, i) => step(`s${i}`));
}

test.each([
  ["a Batch step that may take longer than 14 days", step("x", { timeout: "14d" }), "step.timeout"],
  [
    "a step deep inside",
    foreach("y", [loop(1, [switchOn(1, { a: [step("x", { timeout: "14d" })] }, []), step("z")])]),
    "step.timeout",
  ],
])("%s is refused, named and fixed", (_, node, code) => {
  const [mistake, ...others] = mistakesOf(graph("F", node));
  expect(mistake).toMatchObject({
    code,
    where: { flow: "F", step: "x" },
    hint: expect.any(String),
  });
  expect(others).toEqual([]);
});

test.each([
  ["what Lambda just takes", lambda("x", { timeout: "15m", memory: "10GiB" })],
  ["what Batch just takes", step("x", { retry: 9, memory: "120GiB", cpu: 16, timeout: "13d" })],
  ["a machine of its own", step("x", { memory: "400GiB", cpu: 64, timeout: "20d" })],
  ["a large machine with GPUs", step("x", { gpu: 8, memory: "400GiB", cpu: 96 })],
])("%s is fine", (_, node) => {
  expect(mistakesOf(graph("F", node))).toEqual([]);
});

test("what fits into no machines is refused when it is compiled", () => {
  const wide = branch(
    "join",
    chain(5_000).map((one) => [one]),
  );
  expect(() => mistakesOf(graph("F", wide))).toThrow(
    expect.objectContaining({ code: "machine.tooLarge", where: { flow: "F", step: "s0" }, hint: expect.any(String) }),
  );
});

test("a definition that an account's names make too large is refused", () => {
  const flow = graph("F", ...chain(700));
  const resources = { ...offlineResources, queues: { onDemand: "q".repeat(2_000) } };
  expect(checkFlowMachines(flow, compile(flow, resources))).toMatchObject([
    { code: "machine.tooLarge", where: { flow: "F" } },
  ]);
});

test.each([
  ["steps", chain(5_000)],
  ["rounds", [loop(1, chain(10), 10_000)]],
])("a flow of many %s is fine", (_, body) => {
  expect(mistakesOf(graph("F", ...body))).toEqual([]);
});

test("every mistake is told at once", () => {
  expect(
    mistakesOf(graph("F", step("x", { timeout: "14d" }), step("y", { timeout: "20d" }))).map(({ where }) => where.step),
  ).toEqual(["x", "y"]);
});
