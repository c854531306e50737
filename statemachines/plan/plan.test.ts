import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { branch, fixtures, foreach, graph, lambda, loop, step, switchOn } from "../fixtures.ts";
import { LIMITS } from "../limits.ts";
import { ESTIMATED, PRICES, SOURCES } from "../prices.ts";
import { assumedIn } from "./assumed.ts";
import { DEPLOYMENT } from "./place.ts";
import { plan } from "./plan.ts";

const wide = graph("Wide", step("start"), foreach("merge", [step("compute")]), step("end"));

describe("a plan", () => {
  test.each(fixtures)(
    "of $title: its services, and its steps with the run itself, come to one sum",
    ({ graph: flow, course }) => {
      const { usd, services, steps, runUsd } = plan(flow, course);
      expect(usd).toBeGreaterThan(0);
      expect(services.reduce((sum, line) => sum + line.usd, 0)).toBeCloseTo(usd, 9);
      expect(steps.reduce((sum, one) => sum + one.usd, runUsd)).toBeCloseTo(usd, 9);
    },
  );

  test("of a foreach over one Batch step has as many transitions and jobs at 10 as at 10,000, and tasks as it is wide", () => {
    const [ten, many] = [10, 10_000].map((width) => plan(wide, { widths: { merge: width } }));
    expect(many!.transitions).toBe(ten!.transitions);
    expect([ten!.usage.jobs, many!.usage.jobs]).toEqual([4, 4]);
    expect([ten!.tasks, many!.tasks]).toEqual([13, 10_003]);
  });

  test("prices a container by its size and its minutes, one minute at least", () => {
    const flow = graph("F", step("large", { cpu: 4, memory: "8GiB" }));
    const perHour = 4 * PRICES.fargateCpuHour + 8 * PRICES.fargateMemoryGiBHour + PRICES.addressHour;
    const [hour, minute, second] = [60, 1, 1 / 60].map((minutes) => plan(flow, {}, { default: minutes }).steps[0]!.usd);
    expect(hour).toBeCloseTo(perHour, 2);
    expect(minute).toBeCloseTo(perHour / 60, 4);
    expect(second).toBeCloseTo(perHour / 60, 4);
  });

  test("prices a step that may be tried again as Spot, and says that this is an estimate", () => {
    const { services, steps } = plan(graph("F", step("x", { retry: 2 }), step("y")), {}, { default: 60 });
    expect(steps.map(({ runsOn }) => runsOn)).toEqual(["Fargate Spot, 1 vCPU, 2 GiB", "Fargate, 1 vCPU, 2 GiB"]);
    const spot = services.find(({ service }) => service === "Fargate Spot")!;
    expect(spot.unitUsd).toBe(PRICES.fargateCpuHour * PRICES.fargateSpotShare);
    expect(spot.estimated).toMatch(/Spot prices change/);
  });

  test("does not price machines of their own, and says so", () => {
    const [gpu, large] = plan(graph("F", step("x", { gpu: 1 }), step("y", { cpu: 64 })), {}, { default: 600 }).steps;
    expect(gpu).toMatchObject({ isPriced: false, runsOn: "EC2 with GPU" });
    expect(large).toMatchObject({ isPriced: false, runsOn: "EC2" });
    expect(gpu!.usd).toBeLessThan(0.01);
  });

  test("counts a Lambda step as one invocation of the runner and two of the control plane, and no job", () => {
    const { usage } = plan(graph("F", lambda("a"), lambda("b")), {}, { default: 1 });
    expect(usage).toMatchObject({ jobs: 0, runner: 2, tasks: 4, runs: 1, dispatch: 1, sign: 0 });
  });

  test("prices a Lambda step by the memory of its flow's function, which is what the largest step there asks for", () => {
    const seconds = (...steps: Parameters<typeof graph>[1][]) =>
      plan(graph("F", ...steps), {}, { default: 1 }).services.find(({ unit }) => unit === "GiB-seconds of steps")!
        .quantity;
    expect(seconds(lambda("a"))).toBeCloseTo((60 * 1_769) / 1_024);
    expect(seconds(lambda("a", { memory: "4GiB" }), lambda("b", { memory: "512MiB" }))).toBeCloseTo(120 * 4);
    expect(seconds(lambda("a", { memory: "512MiB" }))).toBeCloseTo(60 / 2);
  });

  test("of a foreach in a foreach counts a second question for the first array's children, none for an only child", () => {
    const flow = graph("F", foreach("j", [foreach("k", [step("x")])]));
    const started = (k: number) => plan(flow, { widths: { j: 3, k } }, { default: 0.1 }).usage.tasks;
    // Two for each task, and one for each child of the first array, which guesses its index wrong.
    expect(started(2) - started(1)).toBe(2 * 3 + 2);
  });

  test("counts what containers say every half minute", () => {
    const calls = (minutes: number) => plan(graph("F", step("x")), {}, { default: minutes }).usage.apiRequests;
    expect(calls(10) - calls(0.5)).toBe(19);
  });

  test("of a flow with a schedule begins by the clock", () => {
    const scheduled = { ...graph("F", step("x")), schedule: "rate(1 hour)" };
    expect(plan(scheduled).usage).toMatchObject({ runs: 0, dispatch: 2, scheduledStarts: 1, apiRequests: 3 });
  });

  test("goes the ways that it is told, and else one wide, one round, the last case", () => {
    const flow = graph(
      "F",
      switchOn(1, { a: [step("a")], b: [step("b1"), step("b2")] }),
      loop(1, [step("x")]),
      foreach("join", [step("y")]),
    );
    const tasksOf = (course = {}) =>
      Object.fromEntries(plan(flow, course).steps.map((cost) => [cost.step, cost.tasks]));
    expect(tasksOf()).toEqual({ a: 0, b1: 1, b2: 1, x: 1, y: 1, join: 1 });
    expect(tasksOf({ cases: { "switch.1": "a" }, rounds: { "loop.1": 3 }, widths: { join: 0 } })).toEqual({
      a: 1,
      b1: 0,
      b2: 0,
      x: 3,
      y: 0,
      join: 1,
    });
    expect(assumedIn(flow, {}, { default: 1 })).toMatchObject({
      widths: ["join"],
      rounds: ["loop.1"],
      cases: { kind1: "b" },
      minutes: ["a", "b1", "b2", "x", "y", "join"],
    });
  });

  test("warns of minutes that a step may not take", () => {
    const flow = graph("F", lambda("short"), step("timed", { timeout: "5m" }), step("long"));
    expect(assumedIn(flow, {}, { default: 20 }).warnings).toEqual([
      "short: a Lambda function runs 15 minutes at most, not 20",
      "timed: its timeout of 5m ends a task before 20 minutes",
    ]);
  });

  test("names a container's overrides, which stay under 1 KiB however deep", () => {
    const deep = foreach("a", [foreach("b", [foreach("c", [loop(1, [step("x")])])])]);
    const { largest } = plan(graph("F", deep), { widths: { a: 9_999, b: 9_999, c: 9_999 }, rounds: { "loop.1": 99 } });
    expect(largest.overridesBytes).toBeGreaterThan(100);
    expect(largest.overridesBytes).toBeLessThan(1_024);
  });
});

describe("the limit that a run meets first", () => {
  const met = (flow = wide, course = {}) =>
    plan(flow, course).limits.map(({ node, at, effect, limit }) => [node, at, effect, limit]);

  test("is for an array job how many containers begin at once; it fails only beyond a million", () => {
    expect(met()).toEqual([
      ["merge", LIMITS.fargateLaunchBurst + 1, "waits", expect.stringContaining("containers")],
      ["merge", 1_000_001, "fails", expect.stringContaining("1,000,000 children")],
    ]);
  });

  test("is for large containers the deployment's CPUs", () => {
    const flow = graph("F", foreach("merge", [step("compute", { cpu: 16 })]));
    expect(met(flow)[0]).toEqual(["merge", DEPLOYMENT.maxCpus / 16 + 1, "waits", expect.stringContaining("maxCpus")]);
  });

  test("is for Lambda steps the account's functions", () => {
    const flow = graph("F", foreach("merge", [lambda("quick")]));
    expect(met(flow)).toEqual([
      ["merge", LIMITS.lambdaConcurrency / 2 + 1, "waits", expect.stringContaining("Lambda")],
      ["merge", 1_000_001, "fails", expect.stringContaining("1,000,000 children")],
    ]);
  });

  test("is for a body of several Batch steps how many jobs may be submitted a second", () => {
    const flow = graph("F", foreach("merge", [step("a"), step("b")]));
    expect(met(flow)[0]).toEqual(["merge", LIMITS.submitJobsPerSecond + 1, "waits", expect.stringContaining("jobs")]);
  });

  test("is not met where the flow bounds itself", () => {
    const flow = graph("F", foreach("merge", [step("a"), step("b")], 10));
    expect(met(flow).map(([, , effect]) => effect)).toEqual(["fails"]);
  });

  test("comes sooner beside a branch that takes of the same", () => {
    const flow = graph("F", branch("both", [[foreach("merge", [step("x")])], [step("a"), step("b")]]));
    expect(met(flow)[0]!.slice(0, 2)).toEqual(["merge", LIMITS.fargateLaunchBurst]);
  });

  test("is none for a chain, nor for a loop however long, whose rounds have executions of their own", () => {
    expect(met(graph("F", step("a"), step("b")))).toEqual([]);
    expect(met(graph("F", loop(1, [step("a"), step("b")], 100_000)), { rounds: { "loop.1": 50_000 } })).toEqual([]);
  });

  test("says where the run that is planned is over it already", () => {
    expect(met(wide, { widths: { merge: 5_000 } })[0]).toEqual(["merge", 5_000, "waits", expect.any(String)]);
  });
});

test("every price says where it was read", () => {
  expect(Object.keys(SOURCES)).toEqual(Object.keys(PRICES));
  for (const price of ESTIMATED) expect(PRICES).toHaveProperty(price);
});

test("what is planned with is what serverless.yml deploys", () => {
  const read = (file: string) => readFileSync(join(import.meta.dirname, "../..", file), "utf8");
  const yaml = read("serverless.yml");
  const memoryOf = (name: string) => {
    const declared = new RegExp(`\\n  ${name}:\\n(?:    .*\\n|\\n)*?    memorySize: (\\d+)`).exec(yaml);
    return Number(declared?.[1] ?? /^ {2}memorySize: (\d+)/m.exec(yaml)![1]);
  };
  expect(Number(/^ {4}maxCpus: (\d+)/m.exec(yaml)![1])).toBe(DEPLOYMENT.maxCpus);
  expect(memoryOf("tasks")).toBe(DEPLOYMENT.tasksMiB);
  expect(memoryOf("runs")).toBe(DEPLOYMENT.runsMiB);
  expect(memoryOf("sign")).toBe(DEPLOYMENT.signMiB);
  expect(yaml).toMatch(/architecture: arm64/);
  expect(read("functions/handlers/register.ts").includes("keepsMapRuns: true")).toBe(DEPLOYMENT.keepsMapRuns);
  const batch = read("infrastructure/batch.yml");
  expect(batch).toContain(`Type: VCPU, Value: "${DEPLOYMENT.container.cpu}"`);
  expect(batch).toContain(`Type: MEMORY, Value: "${DEPLOYMENT.container.memoryMiB}"`);
  expect(batch).not.toContain("CpuArchitecture");
});
