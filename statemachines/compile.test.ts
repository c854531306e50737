import { createRequire } from "node:module";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Graph, JsonObject } from "../graph/graph.ts";
import { allStates, scopesIn } from "./all-states.ts";
import { arbitraryGraph } from "./arbitrary-graph.ts";
import type { StateMachine, StateMap } from "./asl.ts";
import { checkFlowMachines } from "./check.ts";
import { compile } from "./compile.ts";
import { account, branch, fixtures, foreach, graph, lambda, loop, step, switchOn } from "./fixtures.ts";
import { LIMITS } from "./limits.ts";
import { offlineResources } from "./resources.ts";

const validate = createRequire(import.meta.url)("asl-validator") as (machine: unknown) => {
  isValid: boolean;
  errorsText: (separator: string) => string;
};

function mistakesIn(machine: StateMachine): string {
  const { isValid, errorsText } = validate(machine);
  return isValid ? "" : errorsText("\n");
}

describe("a machine is one that Step Functions takes", () => {
  test.each(fixtures)("of $title", ({ graph: flow }) => {
    const compiled = compile(flow, account);
    expect(mistakesIn(compiled.machine)).toBe("");
    expect(checkFlowMachines(flow, compiled)).toEqual([]);
  });

  test("of any flow", () => {
    // Few, since the validator compiles its schemas anew for each machine.
    for (const flow of fc.sample(arbitraryGraph, { numRuns: 10, seed: 1 })) {
      expect(mistakesIn(compile(flow, account).machine)).toBe("");
    }
  });

  test("with no state that nothing leads to and no way that leads nowhere, of any flow", () => {
    fc.assert(
      fc.property(arbitraryGraph, (flow) => {
        const compiled = compile(flow, offlineResources);
        const names = stateNames(compiled.machine);
        expect(looseEnds(compiled.machine)).toEqual([]);
        expect(new Set(names).size).toBe(names.length);
        expect(checkFlowMachines(flow, compiled)).toEqual([]);
      }),
    );
  });

  test("with state names that differ everywhere and have 80 characters at most, whatever the steps' names", () => {
    const flow = graph(
      padded("Flow"),
      step(padded("Enter")),
      foreach(padded("join"), [step(padded("child"), { catch: true })]),
      foreach(padded("joinOfTwo"), [
        lambda(padded("a"), { catch: true }),
        foreach(padded("inner"), [step(padded("b"), { catch: true })]),
      ]),
      branch(padded("switch"), [[step(padded("loop"))]]),
      switchOn(1, { x: [] }, []),
      loop(1, [step(padded("body"))]),
    );
    const { machine } = compile(flow, offlineResources);
    const names = stateNames(machine);
    expect(new Set(names).size).toBe(names.length);
    expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(LIMITS.stateName);
  });

  test("with jobs that are told far less than Batch takes, whatever their steps ask for", () => {
    const options = { retry: 9, timeout: "335h", cpu: 16, memory: "120GiB", gpu: 8, env: { A: "a".repeat(9_000) } };
    const flow = graph(padded("Flow"), foreach(padded("join"), [step(padded("child"), options)]));
    const overrides = allStates(compile(flow, account).machine).flatMap(([, state]) =>
      state.Type === "Task" ? [JSON.stringify((state.Parameters as JsonObject)["ContainerOverrides"] ?? {})] : [],
    );
    // What a template takes from the payload is a run's name and an index.
    expect(Math.max(...overrides.map(({ length }) => length)) + 1_200).toBeLessThan(LIMITS.overridesBytes);
  });

  test("with the same bytes each time", () => {
    fc.assert(
      fc.property(arbitraryGraph, (flow) => {
        const copy = JSON.parse(JSON.stringify(flow)) as Graph;
        expect(JSON.stringify(compile(copy, offlineResources))).toBe(JSON.stringify(compile(flow, offlineResources)));
      }),
    );
  });

  test("and a flow of 1,000 steps fits into a definition", () => {
    const flow = graph("Long", ...Array.from({ length: 1_000 }, (_, i) => step(`step-number-${i}`)));
    expect(checkFlowMachines(flow, compile(flow, account))).toEqual([]);
  });

  test("whose size grows by a part and not by a factor with each foreach around a foreach", () => {
    const nested = (depth: number): Graph["body"] =>
      depth === 0 ? [step("x"), step("y")] : [foreach(`join${depth}`, nested(depth - 1))];
    const bytes = [1, 2, 7, 8].map((depth) => {
      const { machine, children } = compile(graph("Deep", ...nested(depth)), offlineResources);
      return JSON.stringify({ machine, children }).length;
    });
    expect(bytes[3]! - bytes[2]!).toBeLessThan(1.2 * (bytes[1]! - bytes[0]!));
  });

  test("even with a step that is called Enter", () => {
    const { machine } = compile(graph("Odd", step("start"), step("Enter")), offlineResources);
    expect(machine.States["Enter"]!.Type).toBe("Task");
    expect(machine.States[machine.StartAt]!.Type).toBe("Choice");
  });
});

function padded(name: string): string {
  return name.padEnd(60, "-");
}

function stateNames(machine: StateMachine): string[] {
  return allStates(machine).map(([name]) => name);
}

/** The states that nothing leads to, and the ways that lead to no state: Step Functions refuses both. */
function looseEnds({ StartAt, States }: StateMap): string[] {
  const targets = Object.values(States).flatMap((state) => {
    if (state.Type === "Choice") return [...state.Choices.map(({ Next }) => Next), state.Default!];
    const caught = state.Type === "Task" ? (state.Catch ?? []).map(({ Next }) => Next) : [];
    return "Next" in state && state.Next !== undefined ? [state.Next, ...caught] : caught;
  });
  const reached = new Set([StartAt, ...targets]);
  const names = new Set(Object.keys(States));
  return [
    ...[...names].filter((name) => !reached.has(name)),
    ...[...reached].filter((name) => !names.has(name)),
    ...Object.values(States).flatMap((state) => scopesIn(state).flatMap(looseEnds)),
  ];
}
