import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Graph, GraphNode } from "../graph/graph.ts";
import { lineageOf } from "../graph/lineage.ts";
import { arbitraryGraph } from "../statemachines/arbitrary-graph.ts";
import { transitions } from "../statemachines/cost.ts";
import type { Course } from "../statemachines/plan/ways.ts";
import { fixtures, foreach, graph, lambda, loop, step, switchOn } from "../statemachines/fixtures.ts";
import { answersOf, anyAnswers, simulate, simulateInOrder, tasksInOrder, tasksOf } from "./simulated-run.ts";

describe("a compiled machine runs", () => {
  test.each(fixtures)(
    "$title: each task once, at its index, after those before it",
    async ({ graph: flow, course }) => {
      const answers = answersOf(course);
      expect(await simulateInOrder(flow, answers)).toEqual(tasksInOrder(flow, answers));
    },
  );

  test("any flow, whatever its values: each task once, at its index, after those before it", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryGraph, fc.integer(), async (flow, seed) => {
        const answers = anyAnswers(seed);
        expect(await simulateInOrder(flow, answers)).toEqual(tasksInOrder(flow, answers));
      }),
      { numRuns: 150 },
    );
  });

  test.each(fixtures)(
    "$title: entered at any of its steps, the block with that step and all after it",
    async ({ graph: flow, course }) => {
      const answers = answersOf(course);
      for (const enter of lineageOf(flow).steps.keys()) {
        const block = flow.body.findIndex((node) => [...lineageOf(graph("Block", node)).steps.keys()].includes(enter));
        const run = await simulate(flow, answers, {
          enter,
          finished: tasksOf(flow.body.slice(0, block), answers),
        });
        expect(run.result).toMatchObject({ status: "SUCCEEDED" });
        expect([...run.tasks].toSorted()).toEqual([...tasksOf(flow.body.slice(block), answers)].toSorted());
      }
    },
  );

  test("a wide foreach over one Batch step as array jobs of at most 10,000", async () => {
    const run = await simulate(
      graph("Wide", foreach("merge", [step("compute")])),
      answersOf({ widths: { merge: 25_001 } }),
    );
    expect(run.jobs.map(({ size }) => size)).toEqual([8333, 8334, 8334, undefined]);
    expect(run.tasks).toHaveLength(25_002);
    expect(new Set(run.tasks).size).toBe(25_002);
  });
});

describe("a machine fails", () => {
  test("where a switch has no case for the value, and names flow, switch and artifact", async () => {
    const flow = graph("Choose", step("start"), switchOn(1, { fast: [step("quick")] }));
    const { result } = await simulate(flow, answersOf({ cases: { "switch.1": "slow" } }));
    expect(result).toMatchObject({
      status: "FAILED",
      error: "Millrace.NoCase",
      cause: expect.stringMatching(/Choose.*switch\.1.*kind1.*"fast"/),
    });
  });

  test.each([[[step("x")]], [[step("x"), step("y")]]])("where a foreach is wider than a million", async (body) => {
    const { result } = await simulate(
      graph("Wide", foreach("merge", body)),
      answersOf({ widths: { merge: 1_000_001 } }),
    );
    expect(result).toMatchObject({
      status: "FAILED",
      error: "Millrace.TooWide",
      cause: expect.stringContaining("mergeList"),
    });
  });

  test("where a step fails that does not catch", async () => {
    const { result, tasks } = await simulate(graph("Stop", step("start"), step("end")), answersOf({}), {
      failing: ["start"],
    });
    expect(result).toMatchObject({ status: "FAILED", error: "States.TaskFailed" });
    expect(tasks).toEqual([]);
  });
});

describe("a caught failure is recorded, and the flow goes on", () => {
  const start = { start: { step: "start", index: "0" } };
  test.each([
    ["of a Batch step", graph("F", step("start", { catch: true }), step("end")), {}, [start.start]],
    ["of a Lambda step", graph("F", lambda("start", { catch: true }), step("end")), {}, [start.start]],
    [
      "of an only child",
      graph("F", foreach("end", [step("x", { catch: true })])),
      { widths: { end: 1 } },
      [{ step: "x", index: "0" }],
    ],
    [
      "of an array job, as its children",
      graph("F", foreach("end", [step("x", { catch: true })])),
      { widths: { end: 30 } },
      [{ step: "x", index: "0", width: 30, offset: 0 }],
    ],
    [
      "of several array jobs, each as its own children",
      graph("F", foreach("end", [step("x", { catch: true })])),
      { widths: { end: 20_000 } },
      [
        { step: "x", index: "0", width: 10_000, offset: 0 },
        { step: "x", index: "0", width: 10_000, offset: 10_000 },
      ],
    ],
    [
      "in a loop, at its round",
      graph("F", loop(1, [step("x", { catch: true })]), step("end")),
      { rounds: { "loop.1": 2 } },
      [
        { step: "x", index: "0" },
        { step: "x", index: "1" },
      ],
    ],
  ] as const)("%s", async (_, flow: Graph, course: Course, recorded) => {
    const run = await simulate(flow, answersOf(course), { failing: ["start", "x"] });
    expect(run.result).toMatchObject({ status: "SUCCEEDED" });
    expect(run.recorded.map(({ action: _action, run: _run, error: _error, ...rest }) => rest)).toEqual(recorded);
    expect(run.recorded[0]).toMatchObject({
      run: "F/42",
      error: { name: "States.TaskFailed", message: expect.stringContaining("out of luck") },
    });
    expect(run.tasks).toContain("end/0");
  });

  test("without its cause in any later payload", async () => {
    const flow = graph("F", step("start", { catch: true }), step("end"));
    const { inputs } = await simulate(flow, answersOf({}), { failing: ["start"] });
    expect(inputs.get("end")).not.toContain("out of luck");
  });
});

describe("a machine's payload", () => {
  test.each(fixtures)("$title: stays under 1 KiB", async ({ graph: flow, course }) => {
    const { inputs } = await simulate(flow, answersOf(course));
    expect(Math.max(...[...inputs.values()].map((input) => Buffer.byteLength(input)))).toBeLessThan(1024);
  });

  test.each([
    ["one Batch step", [step("x")], 1_000_000, 2560],
    ["two steps", [step("x"), lambda("y")], 30_000, 256],
  ])("stays small however wide a foreach over %s", async (_, body, width, bytes) => {
    const flow = graph("Wide", step("start"), foreach("merge", body), step("end"));
    const { result, inputs } = await simulate(flow, answersOf({ widths: { merge: width } }), {
      children: false,
    });
    expect(result).toMatchObject({ status: "SUCCEEDED" });
    expect(Math.max(...[...inputs.values()].map((input) => Buffer.byteLength(input)))).toBeLessThan(bytes);
  });

  test("of a foreach's child holds the run and its place, nothing else", async () => {
    const { inputs } = await simulate(
      graph("Pairs", step("start"), foreach("merge", [step("x"), step("y")])),
      answersOf({ widths: { merge: 3 } }),
    );
    expect(inputs.get("x")).toBe('{"run":"Pairs/42","at":{"p":"2"}}');
  });

  test("grows by a few bytes with each loop around it", async () => {
    const nested = (depth: number): GraphNode => (depth === 0 ? step("x") : loop(depth, [nested(depth - 1)]));
    const sizes = await Promise.all(
      [1, 2, 8].map(
        async (depth) => (await simulate(graph("Loops", nested(depth)), answersOf({}))).inputs.get("x")!.length,
      ),
    );
    expect(sizes[2]! - sizes[1]!).toBeLessThan(6 * 48);
  });
});

const arrayOf = (width: number) => ({
  flow: graph("T", step("start"), foreach("merge", [step("x")]), step("end")),
  course: { widths: { merge: width } },
});
const mapOf = (width: number) => ({
  flow: graph("T", step("start"), foreach("merge", [step("x"), step("y")]), step("end")),
  course: { widths: { merge: width } },
});

describe("state transitions", () => {
  test.each([
    { shape: "one step", flow: graph("T", step("x")), course: {}, count: 1 },
    {
      shape: "a chain of three",
      flow: graph("T", step("x"), step("y"), step("z")),
      course: {},
      count: 1 + 3,
    },
    { shape: "a foreach over one Batch step, empty", ...arrayOf(0), count: 1 + 2 + 2 + 1 },
    { shape: "a foreach over one Batch step, 1 wide", ...arrayOf(1), count: 1 + 2 + 3 + 1 },
    { shape: "a foreach over one Batch step, 10 wide", ...arrayOf(10), count: 1 + 2 + 3 + 1 },
    {
      shape: "a foreach over one Batch step, 10,000 wide",
      ...arrayOf(10_000),
      count: 1 + 2 + 3 + 1,
    },
    {
      shape: "a foreach over one Batch step, 100,000 wide",
      ...arrayOf(100_000),
      count: 1 + 2 + 4 + 10,
    },
    { shape: "a foreach over two steps, 10 wide", ...mapOf(10), count: 1 + 2 + 4 + 20 },
    { shape: "a foreach over two steps, 1,000 wide", ...mapOf(1_000), count: 1 + 2 + 4 + 2_000 },
    {
      shape: "a switch",
      flow: graph("T", step("x"), switchOn(1, { a: [step("y")] }, []), step("z")),
      course: { cases: { "switch.1": "a" } },
      count: 1 + 2 + 2 + 1,
    },
    {
      shape: "an empty case at the end",
      flow: graph("T", step("x"), switchOn(1, { a: [step("y")] }, [])),
      course: {},
      count: 1 + 1 + 3,
    },
    {
      shape: "a switch of nothing but empty cases",
      flow: graph("T", step("x"), switchOn(1, { a: [] }, [])),
      course: {},
      count: 1 + 3,
    },
    {
      shape: "a loop of one step, once",
      flow: graph("T", loop(1, [step("x")])),
      course: {},
      count: 2 + 3,
    },
    {
      shape: "a loop of one step, ten times",
      flow: graph("T", loop(1, [step("x")])),
      course: { rounds: { "loop.1": 10 } },
      count: 2 + 10 * 3 + 9,
    },
    {
      shape: "a loop of one Lambda step, ten times",
      flow: graph("T", loop(1, [lambda("x")])),
      course: { rounds: { "loop.1": 10 } },
      count: 2 + 10 * 2 + 9,
    },
    {
      shape: "a foreach after a Lambda step",
      flow: graph("T", lambda("x"), foreach("merge", [step("y")])),
      course: {},
      count: 1 + 1 + 3,
    },
  ])("of $shape: $count", async ({ flow, course, count }) => {
    const { result } = await simulate(flow, answersOf(course), { children: false });
    expect(result).toMatchObject({ status: "SUCCEEDED", transitions: count });
    expect(transitions(flow, course)).toBe(count);
  });

  test.each(fixtures)("of $title are told before it runs", async ({ graph: flow, course }) => {
    const { result } = await simulate(flow, answersOf(course));
    expect(result.transitions).toBe(transitions(flow, course));
  });
});
