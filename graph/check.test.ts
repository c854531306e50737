import { describe, expect, test } from "vitest";
import { formatError, MillraceError } from "./errors.ts";
import { assertGraph, checkGraph } from "./check.ts";
import type { SourceOf } from "./check.ts";
import type { Graph, GraphNode, StepNode, StepOptions } from "./graph.ts";

const step = (name: string, options: object = {}): StepNode => ({
  type: "step",
  name,
  options: options as StepOptions,
});
const graphOf = (body: readonly GraphNode[], rest: Partial<Graph> = {}): Graph => ({
  version: 1,
  name: "Stats",
  parameters: {},
  body,
  ...rest,
});
const foreach = (body: readonly GraphNode[], rest: object = {}): GraphNode => ({
  type: "foreach",
  over: "list",
  as: "item",
  body,
  join: step("merge"),
  ...rest,
});
const branch = (branches: Record<string, readonly GraphNode[]>): GraphNode => ({
  type: "branch",
  branches: Object.entries(branches).map(([name, body]) => ({ name, body })),
  join: step("merge"),
});
const choice = (cases: Record<string, readonly GraphNode[]>, rest: object = {}): GraphNode => ({
  type: "switch",
  id: "switch.1",
  on: "kind",
  cases: Object.entries(cases).map(([value, body]) => ({ value, body })),
  ...rest,
});
const loop = (body: readonly GraphNode[], rest: object = {}): GraphNode => ({
  type: "loop",
  id: "loop.1",
  while: "more",
  max: 10,
  body,
  ...rest,
});
const parametersNamed = (...names: string[]) => ({
  parameters: Object.fromEntries(names.map((name) => [name, { required: true }])),
});

const messages = (graph: Graph) => checkGraph(graph).map(({ message }) => message);
const start = step("start");

test("a graph without mistakes passes", () => {
  const all = [
    foreach([choice({ a: [step("a")] }, { otherwise: [step("b")] })], {
      concurrency: 4,
      join: step("j1"),
    }),
    branch({ left: [step("l")], "right-1": [loop([step("r")])] }),
    choice({ a: [], b: [] }),
  ];
  const schedule = { cron: "0 6 * * ? *", input: { top: 5, learningRate: 0.1 } };
  const rest = { schedule, ...parametersNamed("top", "learningRate") };
  expect(checkGraph(graphOf(all, rest))).toEqual([]);
});

describe("a mistake in the shape", () => {
  const long = "x".repeat(61);
  test.each<[string, readonly GraphNode[], string]>([
    ["a flow with no step", [], "the flow has no step"],
    ["a foreach with an empty body", [foreach([])], "the body of the foreach has no step"],
    ["a branch with an empty body", [branch({ a: [] })], 'branch "a" has no step'],
    ["a branch without branches", [branch({})], "the branch has no branches"],
    ["a loop with an empty body", [loop([])], "the body of the loop has no step"],
    ["a switch without a case", [choice({})], "the switch has no case"],
    [
      "a loop that may come by no step",
      [loop([choice({ a: [step("a")], b: [] })])],
      "the body of the loop may come by no step, through a case that is empty",
    ],
    [
      "a foreach that may come by no step",
      [foreach([choice({ a: [step("a")] }, { otherwise: [] })])],
      "the body of the foreach may come by no step, through a case that is empty",
    ],
    ["a step that is declared twice", [start, start], 'step "start" is declared twice'],
    ["a join with the name of a step", [step("merge"), foreach([start])], 'step "merge" is declared twice'],
    ["a step twice in nested bodies", [start, loop([foreach([start])])], 'step "start" is declared twice'],
    ["a step's name with a space", [step("my step")], `the step's name, "my step", cannot be a name`],
    ["a step's name with a dot", [step("a.b")], `the step's name, "a.b", cannot be a name`],
    ["a step's name that is empty", [step("")], `the step's name, "", cannot be a name`],
    ["a step's name of 61 characters", [step(long)], `the step's name, "${long}", cannot be a name`],
    ["a branch's name with a slash", [branch({ "a/b": [start] })], `the branch's name, "a/b", cannot be a name`],
    [
      "an element that is no identifier",
      [foreach([start], { as: "a-b" })],
      'calls its element, "a-b", is not the name',
    ],
    ["a list that is no identifier", [foreach([start], { over: "" })], 'goes over, "", is not the name of an artifact'],
    ["a loop without a bound", [loop([start], { max: undefined })], "the loop has no bound"],
    ["a bound of zero", [loop([start], { max: 0 })], "max 0 is not a whole number from 1 to 100000"],
    ["a bound of infinity", [loop([start], { max: Infinity })], "max Infinity is not a whole number from 1 to 100000"],
    ["a bound too high", [loop([start], { max: 100_001 })], "max 100001 is not a whole number from 1 to 100000"],
    ["a concurrency of zero", [foreach([start], { concurrency: 0 })], "concurrency 0 is not a positive whole number"],
    ["a fraction of a concurrency", [foreach([start], { concurrency: 1.5 })], "concurrency 1.5 is not a positive"],
    [
      "a case that is there twice",
      [{ ...choice({}), cases: [1, 2].map(() => ({ value: "a", body: [] })) } as GraphNode],
      'case "a" is there twice',
    ],
  ])("%s is found", (_, body, message) => {
    expect(messages(graphOf(body))).toEqual([expect.stringContaining(message)]);
  });
});

describe("a mistake in the flow itself", () => {
  test.each<[string, Partial<Graph>, string]>([
    ["its name with what stands between names", { name: "My__Flow" }, `the flow's name, "My__Flow", cannot be a name`],
    ["its name that ends with a part of that", { name: "Flow_" }, `the flow's name, "Flow_", cannot be a name`],
    ["its name", { name: "My Flow" }, `the flow's name, "My Flow", cannot be a name`],
    ["a parameter that is no identifier", parametersNamed("a-b"), '"a-b" is not an identifier'],
    ["a parameter named like a flag", parametersNamed("tag"), "--tag is a flag of its own"],
    ["a parameter that is written like a flag", parametersNamed("maxWorkers"), "--max-workers is a flag of its own"],
    ["two parameters with one flag", parametersNamed("aB", "a_B", "AB", "ab"), "--ab is parameter AB too"],
    [
      "a cron of five fields",
      { schedule: "cron(0 6 * * *)" },
      'the schedule: "0 6 * * *" is no cron: a cron has 6 fields',
    ],
  ])("%s is found", (_, rest, message) => {
    expect(messages(graphOf([start], rest))).toEqual([expect.stringContaining(message)]);
  });

  test.each([
    "rate(1 hour)",
    "rate(5 minutes)",
    "cron(0 6 * * ? *)",
    "cron(0/15 8-18 ? * MON-FRI *)",
    "cron(0 0 L * ? *)",
  ])("%s is a schedule", (schedule) => {
    expect(messages(graphOf([start], { schedule }))).toEqual([]);
  });

  test.each(["hourly", "rate(1 hours)", "rate(0 hours)", "rate(2 weeks)", "cron(* * * * * *)", "0 6 * * ? *", ""])(
    "%j is no schedule",
    (schedule) => {
      expect(messages(graphOf([start], { schedule }))).toHaveLength(1);
    },
  );
});

describe("a step's options", () => {
  test.each<[object, string]>([
    [{ memory: "4 gigs" }, 'memory "4 gigs" is not a size'],
    [{ memory: 4096 }, "memory 4096 is not a size"],
    [{ timeout: "soon" }, 'timeout "soon" is not a duration'],
    [{ timeout: 90 }, "timeout 90 is not a duration"],
    [{ retry: 10 }, "retry 10 is not a whole number from 0 to 9"],
    [{ retry: -1 }, "retry -1 is not a whole number from 0 to 9"],
    [{ retry: { attempts: 1.5 } }, "retry 1.5 is not a whole number from 0 to 9"],
    [{ retry: { backoff: "1m" } }, "retry says no attempts"],
    [{ retry: { attempts: 1, backoff: "a while" } }, 'backoff "a while" is not a duration'],
    [{ retry: { attempts: 1, maxDelay: "5" } }, 'maxDelay "5" is not a duration'],
    [{ retry: { attempts: 1, rate: 0.5 } }, "rate 0.5 is not a number of at least 1"],
    [{ retry: { attempts: 1, jitter: "full" } }, 'jitter "full" is not true or false'],
    [{ retry: { attempts: 1, delay: "5s" } }, 'there is no option of retry "delay"'],
    [{ catch: "yes" }, 'catch "yes" is not true or false'],
    [{ compute: "cloud" }, 'compute "cloud" is unknown'],
    [{ cpu: 0 }, "cpu 0 is not a positive number"],
    [{ cpu: NaN }, "cpu NaN is not a positive number"],
    [{ cpu: 1n }, "cpu 1 is not a positive number"],
    [{ cpu: "2" }, 'cpu "2" is not a positive number'],
    [{ gpu: 0.5 }, "gpu 0.5 is not a positive whole number"],
    [{ image: "" }, 'image "" is not an image'],
    [{ env: { "MY-VAR": "x" } }, '"MY-VAR" in env is not the name of an environment variable'],
    [{ env: { PORT: 80 } }, '"PORT" in env is not a text'],
    [{ env: { AWS_REGION: "x" } }, '"AWS_REGION" in env begins with a prefix that is taken'],
    [{ secrets: { MILLRACE_X: "arn" } }, '"MILLRACE_X" in secrets begins with a prefix that is taken'],
    [{ secrets: { TOKEN: "" } }, '"TOKEN" in secrets is not a reference to a secret'],
    [{ env: { A: "1" }, secrets: { A: "arn" } }, "A is both in env and in secrets"],
    [{ memori: "1GiB" }, 'there is no option "memori"'],
    [{ toString: 1 }, 'there is no option "toString"'],
    [{ compute: "lambda", cpu: 2 }, "Lambda has no cpu, which comes with the memory"],
    [{ compute: "lambda", gpu: 1 }, "Lambda has no GPU"],
    [{ compute: "lambda", secrets: { KEY: "millrace/key" } }, "Lambda has no secrets"],
    [{ compute: "lambda", image: "node:22" }, "Lambda has no image of a step's own"],
    [{ compute: "lambda", memory: "11GiB" }, "Lambda has no memory of 11GiB, only up to 10GiB"],
    [{ compute: "lambda", timeout: "16m" }, "Lambda has no timeout of 16m, only up to 15m"],
  ])("%o: %s", (options, message) => {
    expect(messages(graphOf([step("compute", options)]))).toEqual([message]);
  });

  test.each<[object]>([
    [{ retry: 0 }],
    [{ retry: { attempts: 9, backoff: "10s", rate: 1, maxDelay: "5m", jitter: true } }],
    [
      {
        timeout: "24h",
        catch: true,
        compute: "batch",
        cpu: 0.25,
        memory: "512MiB",
        gpu: 1,
        image: "node:22",
      },
    ],
    [{ compute: "lambda", memory: "10GiB", timeout: "15m" }],
    [{ env: { A_1: "" }, secrets: { TOKEN: "arn:aws:secretsmanager:eu-west-1:1:secret:x" } }],
  ])("%j is fine", (options) => {
    expect(messages(graphOf([step("compute", options)]))).toEqual([]);
  });

  test.each([
    [{ compute: "batchh" }, 'Did you mean "batch"?'],
    [{ memry: "1GiB" }, 'Did you mean "memory"?'],
    [{ compute: "mainframe" }, 'There are "local", "lambda", "batch".'],
  ])("%j is answered with: %s", (options, hint) => {
    expect(checkGraph(graphOf([step("compute", options)]))).toMatchObject([{ hint }]);
  });
});

/** What `assertGraph` throws. */
function thrownFor(graph: Graph, sourceOf?: SourceOf): MillraceError {
  try {
    assertGraph(graph, sourceOf);
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown");
}

describe("what is said of mistakes", () => {
  const broken = graphOf([step("compute", { memory: "4 gigs" }), loop([step("compute")], { max: 0 })]);
  const sources: Record<string, readonly string[]> = {
    compute: ["examples/stats.ts:14:36", "examples/stats.ts:16:36"],
    "loop.1": ["examples/stats.ts:15:4"],
  };
  const sourceOf = (node: string, occurrence = 0) => sources[node]?.[occurrence];

  const formatThrown = (graph: Graph) => formatError(thrownFor(graph, sourceOf));

  test("all are found at once, each with flow, step, place and hint", () => {
    const found = checkGraph(broken, sourceOf);
    expect(found.map(({ where }) => where)).toEqual([
      { flow: "Stats", step: "compute", source: "examples/stats.ts:14:36" },
      { flow: "Stats", step: "loop.1", source: "examples/stats.ts:15:4" },
      { flow: "Stats", step: "compute", source: "examples/stats.ts:16:36" },
    ]);
    expect(found.every(({ hint }) => hint.endsWith("."))).toBe(true);
  });

  test("a step that is declared twice is shown with both places", () => {
    expect(checkGraph(broken, sourceOf)[2]?.message).toBe(
      'step "compute" is declared twice, first at examples/stats.ts:14:36',
    );
  });

  test("one mistake is thrown as itself", () => {
    expect(formatThrown(graphOf([step("compute", { memory: "4 gigs" })])).split("\n")).toEqual([
      'flow Stats, step compute: memory "4 gigs" is not a size',
      "  examples/stats.ts:14:36",
      '  Write a number and a unit, such as "4GiB" or "512MiB".',
    ]);
  });

  test("several are listed in one error", () => {
    const text = formatThrown(broken);
    expect(text).toContain('flow Stats, step compute: memory "4 gigs" is not a size\n  examples/stats.ts:14:36\n');
    expect(text).toContain("flow Stats, step loop.1: max 0 is not a whole number");
  });

  test("of very many, the first twenty are spelt out", () => {
    const text = formatThrown(graphOf(Array.from({ length: 50 }, (_, i) => step(`s${i}`, { cpu: -1 }))));
    expect(text.match(/is not a positive number/g)).toHaveLength(20);
    expect(text).toMatch(/… and 30 more$/);
  });

  test("the error bears them as data", () => {
    const error = thrownFor(broken, sourceOf);
    expect(error).toMatchObject({ code: "graph.invalid", cause: checkGraph(broken, sourceOf) });
  });

  test("a graph without mistakes throws nothing", () => {
    expect(() => assertGraph(graphOf([start]))).not.toThrow();
  });
});
