import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Graph } from "../graph/graph.ts";
import { lineageOf } from "../graph/lineage.ts";
import { arbitraryGraph } from "../statemachines/arbitrary-graph.ts";
import { compile } from "../statemachines/compile.ts";
import { transitions } from "../statemachines/cost.ts";
import type { Course } from "../statemachines/plan/ways.ts";
import { stepsOf } from "../graph/walk.ts";
import { branch, fixtures, foreach, graph, lambda, loop, step } from "../statemachines/fixtures.ts";
import { offlineResources } from "../statemachines/resources.ts";
import {
  answersOf,
  anyAnswers,
  simulate,
  simulateInOrder,
  tasksInOrder,
  tasksOf,
  type Answers,
} from "./simulated-run.ts";
import { isWidest } from "./widest.ts";

describe("a flow that is divided into executions runs as one that is not", () => {
  /** So little that most flows need several machines, some several levels of them; what one foreach takes still fits. */
  const size = { events: 450, bytes: 40_000 };
  const isDivided = (flow: Graph) => Object.keys(compile(flow, offlineResources, size).children).length > 0;

  test("any flow, whatever its values: each task once, at its index, after those before it", async () => {
    let divided = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryGraph, fc.integer(), async (flow, seed) => {
        if (isDivided(flow)) divided += 1;
        const answers = anyAnswers(seed);
        expect(await simulateInOrder(flow, answers, size)).toEqual(tasksInOrder(flow, answers));
      }),
      { numRuns: 150 },
    );
    expect(divided).toBeGreaterThan(50);
  });

  test.each(fixtures.filter(({ graph: flow }) => isDivided(flow)))(
    "$title: entered at any of its steps, the block with that step and all after it",
    async ({ graph: flow, course }) => {
      const answers = answersOf(course);
      for (const enter of lineageOf(flow).steps.keys()) {
        const block = flow.body.findIndex((node) => stepsOf([node]).some(({ name }) => name === enter));
        const finished = tasksOf(flow.body.slice(0, block), answers);
        const run = await simulate(flow, answers, { enter, finished, size });
        expect(run.result).toMatchObject({ status: "SUCCEEDED" });
        expect([...run.tasks].toSorted()).toEqual([...tasksOf(flow.body.slice(block), answers)].toSorted());
      }
    },
  );

  test.each(fixtures)("$title: its transitions are told before it runs", async ({ graph: flow, course }) => {
    const { result } = await simulate(flow, answersOf(course), { size });
    expect(result.transitions).toBe(transitions(flow, course, size));
  });

  test.each(fixtures)("$title: its payload stays under 1 KiB", async ({ graph: flow, course }) => {
    const { inputs } = await simulate(flow, answersOf(course), { size });
    expect(Math.max(...[...inputs.values()].map((input) => Buffer.byteLength(input)))).toBeLessThan(1024);
  });

  test.each<[string, Graph, Course]>([
    ["each round but the last of a loop", graph("F", loop(1, [step("x")], 100)), { rounds: { "loop.1": 99 } }],
    ["a loop whose chunks are full", graph("F", loop(1, [step("x")], 100)), { rounds: { "loop.1": 58 } }],
    ["chunks of chunks", graph("F", step("a"), loop(1, [step("x"), lambda("y")], 500)), { rounds: { "loop.1": 333 } }],
    [
      "a loop in a loop in a branch in a foreach",
      graph("F", foreach("j", [branch("k", [[loop(1, [loop(2, [step("x")], 9), step("y")], 9)], [step("z")]])])),
      { widths: { j: 3 }, rounds: { "loop.1": 8, "loop.2": 7 } },
    ],
  ])("%s", async (_, flow, course) => {
    const answers = answersOf(course);
    expect(await simulateInOrder(flow, answers, size)).toEqual(tasksInOrder(flow, answers));
    const { result, histories } = await simulate(flow, answers, { size });
    expect(result.transitions).toBe(transitions(flow, course, size));
    expect(histories.length).toBeGreaterThan(1);
  });

  test("where a step fails in an execution within the run, the run fails with the step's error", async () => {
    const flow = graph("Stop", ...Array.from({ length: 30 }, (_, i) => step(`s${i}`)));
    const { result, tasks } = await simulate(flow, answersOf({}), { failing: ["s20"], size });
    expect(result).toMatchObject({
      status: "FAILED",
      error: "States.TaskFailed",
      cause: expect.stringMatching(/luck/),
    });
    expect(tasks).toHaveLength(20);
  });

  test("a failure that is caught is recorded there, and the flow goes on", async () => {
    const flow = graph("Go", ...Array.from({ length: 30 }, (_, i) => step(`s${i}`, { catch: true })));
    const { result, recorded } = await simulate(flow, answersOf({}), { failing: ["s20"], size });
    expect(result).toMatchObject({ status: "SUCCEEDED" });
    expect(recorded).toMatchObject([{ step: "s20", index: "0" }]);
  });
});

describe("no execution has more events than Step Functions allows", () => {
  const chain = (length: number) => Array.from({ length }, (_, i) => step(`s${i}`));

  test.each<[string, Graph, Course]>([
    ["2,000 steps", graph("F", ...chain(2_000)), {}],
    ["a loop of 3,000 rounds", graph("F", loop(1, [step("x")], 3_000)), { rounds: { "loop.1": 3_000 } }],
    ["a look each minute for 48 hours", graph("F", loop(1, [lambda("look")], 2_880)), { rounds: { "loop.1": 2_880 } }],
    ["20,000 rounds of ten steps", graph("F", loop(1, chain(10), 20_000)), { rounds: { "loop.1": 20_000 } }],
    [
      "foreachs of 40 in a loop of 200",
      graph("F", loop(1, [step("x"), foreach("j", [step("y"), step("z")])], 200)),
      { widths: { j: 40 }, rounds: { "loop.1": 200 } },
    ],
    ["a foreach of 3 over 4,000 steps", graph("F", foreach("j", chain(4_000))), { widths: { j: 3 } }],
  ])(
    "%s",
    async (_, flow, course) => {
      const { result, histories } = await simulate(flow, answersOf(course), { children: false });
      expect(result).toMatchObject({ status: "SUCCEEDED", transitions: transitions(flow, course) });
      expect(Math.max(...histories)).toBeLessThanOrEqual(20_000);
    },
    60_000,
  );

  const size = { events: 450, bytes: 1_000_000 };

  test("each round of a loop has children of its own in the foreachs in it", async () => {
    const turns = foreach("j", [foreach("i", [step("x")], 1)]);
    const flow = graph("F", loop(1, [step("a"), turns], 3));
    const course = { widths: { j: 40, i: 40 }, rounds: { "loop.1": 3 } };
    const { histories } = await simulate(flow, answersOf(course), { size, children: false });
    // The run itself, and a child for each of the 40 in each of the 3 rounds.
    expect(histories).toHaveLength(1 + 3 * 40);
    expect(Math.max(...histories)).toBeLessThanOrEqual(size.events);
  });

  test("any flow at its widest, however little a machine may have", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryGraph, fc.integer(), async (any, seed) => {
        const flow = withLoopsOf(3, any);
        const chosen = anyAnswers(seed);
        const answers: Answers = (node, index) =>
          node.type === "foreach" ? 40 : node.type === "loop" ? index.at(-1)! < 2 : chosen(node, index);
        fc.pre(tasksOf(flow.body, answers).size < 20_000);
        const { result, histories } = await simulate(flow, answers, { size, children: false });
        expect(result).toMatchObject({ status: "SUCCEEDED" });
        expect(Math.max(...histories)).toBeLessThanOrEqual(size.events);
      }),
      { numRuns: isWidest ? 50 : 15 },
    );
  });
});

function withLoopsOf(max: number, flow: Graph): Graph {
  return JSON.parse(JSON.stringify(flow), (key, value: unknown) => (key === "max" ? max : value)) as Graph;
}
