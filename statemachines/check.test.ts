import { expect, test } from "vitest";
import type { Graph } from "../sdk/graph/graph.ts";
import { checkMachine } from "./check.ts";
import { compile } from "./compile.ts";
import { foreach, graph, lambda, loop, step, switchOn } from "./fixtures.ts";
import { offlineResources } from "./resources.ts";

function mistakesOf(flow: Graph) {
  return checkMachine(flow, compile(flow, offlineResources));
}

function chain(length: number) {
  return Array.from({ length }, (_, i) => step(`s${i}`));
}

test.each([
  ["a Lambda step that may take longer than 15 minutes", lambda("x", { timeout: "16m" }), "step.lambdaTimeout"],
  ["a Lambda step with more memory than there is", lambda("x", { memory: "11GiB" }), "step.lambdaMemory"],
  ["a Lambda step with a GPU", lambda("x", { gpu: 1 }), "step.lambdaGpu"],
  ["a Batch step with more than 10 attempts", step("x", { retry: 10 }), "step.attempts"],
  ["a Batch step with more memory than Fargate has", step("x", { memory: "121GiB" }), "step.size"],
  ["a Batch step with more CPUs than Fargate has", step("x", { cpu: 32 }), "step.size"],
  ["a Batch step that may take longer than 14 days", step("x", { timeout: "14d" }), "step.timeout"],
  [
    "a step deep inside",
    foreach("y", [loop(1, [switchOn(1, { a: [step("x", { cpu: 17 })] }, []), step("z")])]),
    "step.size",
  ],
])("%s is refused, named and mended", (_, node, code) => {
  const [mistake, ...others] = mistakesOf(graph("F", node));
  expect(mistake).toMatchObject({
    code,
    where: { flow: "F", step: "x" },
    mend: expect.any(String),
  });
  expect(others).toEqual([]);
});

test.each([
  ["what Lambda just takes", lambda("x", { timeout: "15m", memory: "10GiB" })],
  ["what Batch just takes", step("x", { retry: 9, memory: "120GiB", cpu: 16, timeout: "13d" })],
  ["a large machine with GPUs", step("x", { gpu: 8, memory: "400GiB", cpu: 96 })],
])("%s is fine", (_, node) => {
  expect(mistakesOf(graph("F", node))).toEqual([]);
});

test("a definition over 1 MiB is refused", () => {
  expect(mistakesOf(graph("F", ...chain(2_000)))).toMatchObject([{ code: "machine.tooLarge", where: { flow: "F" } }]);
});

test("a flow whose every run would pass 25,000 events is refused", () => {
  expect(mistakesOf(graph("F", ...chain(4_200))).map(({ code }) => code)).toContain("machine.tooLong");
});

test("a flow that passes 25,000 events only the longest way is not", () => {
  expect(mistakesOf(graph("F", loop(1, chain(10), 10_000)))).toEqual([]);
});

test("every mistake is told at once", () => {
  expect(
    mistakesOf(graph("F", step("x", { retry: 10, cpu: 17 }), lambda("y", { gpu: 1 }))).map(({ code }) => code),
  ).toEqual(["step.attempts", "step.size", "step.lambdaGpu"]);
});
