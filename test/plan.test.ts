import { describe, expect, test } from "vitest";
import type { Graph } from "../graph/graph.ts";
import type { Course } from "../statemachines/plan/ways.ts";
import { fixtures, foreach, graph, lambda, loop, step, switchOn } from "../statemachines/fixtures.ts";
import { plan } from "../statemachines/plan/plan.ts";
import { recordedRun } from "../statemachines/plan/record.ts";
import { visit } from "../statemachines/plan/visits.ts";
import { waysOf } from "../statemachines/plan/ways.ts";
import { answersOf, anyAnswers, simulate, type Answers } from "./simulated-run.ts";

/** What tasks the interpreter ran, as the ledger would tell. */
async function recorded(flow: Graph, answers: Answers, seconds = 60) {
  const run = await simulate(flow, answers);
  const record = recordedRun(flow);
  for (const task of run.tasks) {
    const [name = "", index = ""] = task.split("/");
    record.add({ step: name, index, attempts: 1, seconds });
  }
  return { run, used: record.plan() };
}

/** What is counted is a state more where a block has several ends. */
function expectHistory(flow: Graph, course: Course, histories: readonly number[]) {
  // The interpreter tells of a distributed Map's children as if they were iterations.
  if (visit(flow, waysOf(course)).mapRuns > 0) return;
  const planned = plan(flow, course).largest.events;
  expect(planned).toBeGreaterThanOrEqual(Math.max(...histories));
  expect(planned).toBeLessThanOrEqual(Math.max(...histories) + 2);
}

const stepsDoneBy = (tasks: readonly string[]) => new Set(tasks.map((task) => task.split("/")[0]!));

describe("a plan is what the interpreter does", () => {
  test.each(fixtures)("$title: transitions, tasks, jobs, events and payload", async ({ graph: flow, course }) => {
    const run = await simulate(flow, answersOf(course));
    const planned = plan(flow, course);
    expect(planned.transitions).toBe(run.result.transitions);
    expect(planned.tasks).toBe(run.tasks.length);
    expect(planned.usage.jobs).toBe(run.jobs.length);
    expectHistory(flow, course, run.histories);
    const seen = Math.max(...Array.from(run.inputs.values(), (input) => Buffer.byteLength(input)));
    // It is planned for a run with a longer number, and for indices of the last child rather than of any.
    expect(planned.largest.payloadBytes).toBeGreaterThanOrEqual(seen);
  });

  const wide: [string, Graph, Course][] = [
    ["array jobs", graph("F", step("a"), foreach("j", [step("x")])), { widths: { j: 25_001 } }],
    ["a distributed Map", graph("F", step("a"), foreach("j", [step("x"), step("y")])), { widths: { j: 41 } }],
    ["an inline Map", graph("F", step("a"), foreach("j", [step("x"), step("y")])), { widths: { j: 40 } }],
    ["a loop that has chunks", graph("F", loop(1, [step("x")], 3_000)), { rounds: { "loop.1": 3_000 } }],
  ];
  test.each(wide)("%s", async (_, flow, course) => {
    const run = await simulate(flow, answersOf(course), { children: false });
    const planned = plan(flow, course);
    expect(planned.transitions).toBe(run.result.transitions);
    expect(planned.usage.jobs).toBe(run.jobs.length);
    expectHistory(flow, course, run.histories);
  });
});

describe("what a run used, by its tasks alone,", () => {
  test.each(fixtures)(
    "$title: is what was planned for those widths, rounds and cases",
    async ({ graph: flow, course }) => {
      const { run, used } = await recorded(flow, answersOf(course));
      const planned = plan(flow, course);
      expect(used.transitions).toBe(run.result.transitions);
      expect(used.tasks).toBe(run.tasks.length);
      const ran = stepsDoneBy(run.tasks);
      const costs = (steps: typeof used.steps) =>
        steps.filter((one) => ran.has(one.step)).map((one) => [one.step, one.tasks]);
      expect(costs(used.steps)).toEqual(costs(planned.steps));
      expect(used.usage.apiRequests).toBeCloseTo(planned.usage.apiRequests, 6);
      expect(used.usage.tableReads).toBeCloseTo(planned.usage.tableReads, 6);
      expect(used.usage.tableWrites).toBeCloseTo(planned.usage.tableWrites, 6);
      expect(used.usd).toBeCloseTo(planned.usd, 9);
    },
  );

  test("where widths, rounds and cases differ from place to place, comes to the same transitions", async () => {
    const flow = graph(
      "F",
      step("start"),
      foreach("rows", [
        step("split"),
        foreach("cells", [step("a"), step("b")]),
        switchOn(1, { left: [step("l")], right: [step("r1"), step("r2")] }, []),
        loop(1, [lambda("spin")]),
      ]),
    );
    const answers: Answers = (node, index) => {
      const at = index[0] ?? 0;
      if (node.type === "foreach") return index.length === 0 ? 12 : 1 + (at % 4);
      if (node.type === "switch") return ["left", "right", "neither"][at % 3]!;
      return index.at(-1)! < at % 5;
    };
    const { run, used } = await recorded(flow, answers);
    expect(used.transitions).toBe(run.result.transitions);
    expect(used.tasks).toBe(run.tasks.length);
  });

  test.each([1, 2, 3])("any run's tasks can be added up (%i)", async (seed) => {
    for (const { graph: flow } of fixtures.slice(0, -1)) {
      const { run, used } = await recorded(flow, anyAnswers(seed));
      expect(used.tasks).toBe(run.tasks.length);
      expect(used.usd).toBeGreaterThan(0);
    }
  });

  test("counts every attempt's container, and the calls that a retry takes", () => {
    const flow = graph("F", step("x", { retry: 3 }));
    const used = (attempts: number) => {
      const record = recordedRun(flow);
      record.add({ step: "x", index: "0", attempts, seconds: 60 });
      return record.plan();
    };
    expect(used(3).steps[0]).toMatchObject({ tasks: 1, attempts: 3, seconds: 180 });
    expect(used(3).steps[0]!.usd / used(1).steps[0]!.usd).toBeCloseTo(3, 1);
    expect(used(3).usage.apiRequests - used(1).usage.apiRequests).toBe(6);
  });
});
