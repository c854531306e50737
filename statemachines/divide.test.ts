import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Graph } from "../graph/graph.ts";
import { allStates } from "./all-states.ts";
import { arbitraryGraph } from "./arbitrary-graph.ts";
import { checkFlowMachines } from "./check.ts";
import { compile } from "./compile.ts";
import { transitions } from "./cost.ts";
import { account, branch, fixtures, foreach, graph, lambda, loop, step, switchOn } from "./fixtures.ts";

const chain = (length: number, prefix = "step") => Array.from({ length }, (_, i) => step(`${prefix}-${i}`));
const machinesOf = (flow: Graph) => {
  const { machine, children } = compile(flow, account);
  return [machine, ...Object.values(children)];
};

describe("a flow that fits into one machine has one", () => {
  test.each(fixtures.filter(({ title }) => !/loops in loops|in a loop|everything/.test(title)))(
    "$title",
    ({ graph: flow }) => {
      expect(compile(flow, account).children).toEqual({});
    },
  );

  test("also one of 700 steps, and a loop of 1,000 rounds", () => {
    expect(machinesOf(graph("Long", ...chain(700)))).toHaveLength(1);
    expect(machinesOf(graph("Round", loop(1, [lambda("x")], 1_000)))).toHaveLength(1);
  });
});

describe("a flow that is too much for one machine has several", () => {
  test.each<[string, Graph, number]>([
    ["2,000 steps", graph("Long", ...chain(2_000)), 4],
    ["3,000 rounds", graph("Rounds", loop(1, [step("look")], 3_000)), 2],
    ["a million rounds of 100 steps", graph("Million", loop(1, chain(100), 1_000_000)), 3],
    ["rounds in rounds", graph("Twice", loop(1, [loop(2, [step("x")], 2_000)], 2_000)), 3],
    ["two branches of 1,500 steps", graph("Branches", branch("join", [chain(1_500, "a"), chain(1_500, "b")])), 7],
    ["a foreach over 2,000 steps", graph("Each", foreach("join", chain(2_000))), 4],
    ["a case of 2,000 steps", graph("Case", step("first"), switchOn(1, { a: chain(2_000) }, [])), 4],
  ])("%s", (_, flow, count) => {
    const machines = machinesOf(flow);
    expect(machines).toHaveLength(count);
    expect(checkFlowMachines(flow, compile(flow, account))).toEqual([]);
    const steps = machines
      .flatMap((machine) => allStates(machine))
      .filter(([name]) => /^(step|a|b|look|x)(-|$)/.test(name));
    expect(steps.length).toBe(new Set(steps.map(([name]) => name)).size);
  });

  test("of about the same size each", () => {
    const [, ...parts] = machinesOf(graph("Long", ...chain(2_000)));
    const sizes = parts.map((part) => JSON.stringify(part).length);
    expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(1.1);
  });

  test("named after the flow and what is in them, in 80 characters", () => {
    const name = "F".repeat(60);
    const { children } = compile(graph(name, ...chain(2_000)), account);
    const { children: changed } = compile(graph(name, ...chain(1_999), step("other")), account);
    const names = Object.keys(children).map((arn) => arn.slice(arn.lastIndexOf(":") + 1));
    for (const one of names) expect(one).toMatch(/^millrace-dev__F+\.[0-9a-f]{16}$/);
    expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(Object.keys(changed).filter((arn) => arn in children).length).toBeLessThan(Object.keys(children).length);
    expect(Object.keys(changed).some((arn) => arn in children)).toBe(true);
  });

  test("whatever an account's names are, the same ones", () => {
    const flow = graph("Long", ...chain(2_000));
    const long = { ...account, table: "t".repeat(200), bookkeeping: "b".repeat(300) };
    expect(Object.keys(compile(flow, long).children)).toHaveLength(3);
  });
});

test("any flow is divided the same each time", () => {
  const size = { events: 450, bytes: 40_000 };
  fc.assert(
    fc.property(arbitraryGraph, (flow) => {
      const copy = JSON.parse(JSON.stringify(flow)) as Graph;
      expect(JSON.stringify(compile(copy, account, size))).toBe(JSON.stringify(compile(flow, account, size)));
    }),
  );
});

test("executions within a run cost a transition each, and one where a run may enter them", () => {
  const flow = graph("Long", ...chain(2_000));
  expect(transitions(flow)).toBe(2_000 + 3 + 1 + 3);
});
