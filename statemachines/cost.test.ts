import { expect, test } from "vitest";
import { transitions, transitionsUsd } from "./cost.ts";
import { foreach, graph, step } from "./fixtures.ts";

const flow = graph("F", step("start"), foreach("merge", [step("compute")]), step("end"));

test("a foreach over one Batch step costs the same at 10 and at 10,000", () => {
  const [ten, many] = [10, 10_000].map((width) => transitions(flow, { widths: { merge: width } }));
  expect(ten).toBe(many);
});

test("a thousand transitions cost two and a half cents", () => {
  expect(transitionsUsd(1_000)).toBeCloseTo(0.025);
});
