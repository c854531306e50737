import type {
  BranchNode,
  ForeachNode,
  Graph,
  GraphNode,
  LoopNode,
  StepNode,
  StepOptions,
  SwitchNode,
} from "../graph/graph.ts";
import type { Course } from "./plan/ways.ts";
import type { MachineResources } from "./resources.ts";

/** Builders of graphs, and twenty of them that show every node inside every other: for tests. */

export function step(name: string, options: StepOptions = {}): StepNode {
  return { type: "step", name, options };
}

export function lambda(name: string, options: StepOptions = {}): StepNode {
  return step(name, { ...options, compute: "lambda" });
}

export function foreach(join: string | StepNode, body: readonly GraphNode[], concurrency?: number): ForeachNode {
  const joined = typeof join === "string" ? step(join) : join;
  return {
    type: "foreach",
    over: `${joined.name}List`,
    as: `${joined.name}Item`,
    body,
    join: joined,
    ...(concurrency !== undefined && { concurrency }),
  };
}

export function branch(join: string | StepNode, bodies: readonly (readonly GraphNode[])[]): BranchNode {
  return {
    type: "branch",
    branches: bodies.map((body, i) => ({ name: `branch${i}`, body })),
    join: typeof join === "string" ? step(join) : join,
  };
}

/** `number`: which switch of the flow it is, counted from 1 in the order of the text. */
export function switchOn(
  number: number,
  cases: Readonly<Record<string, readonly GraphNode[]>>,
  otherwise?: readonly GraphNode[],
): SwitchNode {
  const id = `switch.${number}`;
  return {
    type: "switch",
    id,
    on: `kind${number}`,
    cases: Object.entries(cases).map(([value, body]) => ({ value, body })),
    ...(otherwise && { otherwise }),
  };
}

export function loop(number: number, body: readonly GraphNode[], max = 100): LoopNode {
  return { type: "loop", id: `loop.${number}`, while: `more${number}`, max, body };
}

export function graph(name: string, ...body: readonly GraphNode[]): Graph {
  return { version: 1, name, parameters: {}, body };
}

/** A graph, what its control values are in the run that is tested, and the tasks of that run. */
export interface Fixture {
  readonly title: string;
  readonly graph: Graph;
  readonly course: Course;
}

export const fixtures: readonly Fixture[] = [
  { title: "one step", graph: graph("One", step("only")), course: {} },
  {
    title: "a chain",
    graph: graph("Chain", step("start"), step("middle"), step("end")),
    course: {},
  },
  {
    title: "a chain of every compute, with retries, timeouts and catches",
    graph: graph(
      "Options",
      step("start", { compute: "local", retry: 2, timeout: "30s" }),
      lambda("quick", {
        retry: { attempts: 3, backoff: "2s", rate: 3, maxDelay: "1m", jitter: true },
        timeout: "5m",
        memory: "1GiB",
      }),
      step("heavy", {
        compute: "batch",
        cpu: 4,
        memory: "20GiB",
        retry: 9,
        timeout: "24h",
        catch: true,
      }),
      step("train", { compute: "batch", gpu: 1, memory: "60GiB", catch: true }),
      lambda("end", { catch: true }),
    ),
    course: {},
  },
  {
    title: "a foreach over one Batch step",
    graph: graph("Array", step("start"), foreach("merge", [step("compute")]), step("end")),
    course: { widths: { merge: 10 } },
  },
  {
    title: "a foreach over one Batch step whose failure is caught",
    graph: graph("CaughtArray", step("start"), foreach("merge", [step("compute", { catch: true, retry: 1 })])),
    course: { widths: { merge: 12_345 } },
  },
  {
    title: "a foreach that a flow begins with",
    graph: graph("First", foreach("merge", [step("compute")])),
    course: { widths: { merge: 1 } },
  },
  {
    title: "a foreach with a concurrency",
    graph: graph("Bounded", step("start"), foreach("merge", [step("compute")], 5)),
    course: { widths: { merge: 12 } },
  },
  {
    title: "a foreach over two steps, 100 wide",
    graph: graph("Pairs", step("start"), foreach("merge", [step("fetch"), step("compute")]), step("end")),
    course: { widths: { merge: 100 } },
  },
  {
    title: "foreachs in foreachs, the innermost over one Batch step",
    graph: graph(
      "Nested",
      step("start"),
      foreach("outer", [step("split"), foreach("inner", [step("compute")]), step("rest")]),
    ),
    course: { widths: { outer: 3, inner: 4 } },
  },
  {
    title: "foreachs four deep",
    graph: graph("Deep", foreach("a", [foreach("b", [foreach("c", [foreach("d", [step("x"), step("y")])])])])),
    course: { widths: { a: 2, b: 3, c: 1, d: 2 } },
  },
  {
    title: "a branch of a chain, a foreach and a branch",
    graph: graph(
      "Branches",
      step("start"),
      branch("join", [
        [step("a1"), step("a2")],
        [foreach("b", [step("b1")])],
        [branch("c", [[step("c1")], [step("c2")]])],
      ]),
      step("end"),
    ),
    course: { widths: { b: 7 } },
  },
  {
    title: "a switch whose case is a chain",
    graph: graph(
      "Choose",
      step("start"),
      switchOn(1, { fast: [step("quick")], slow: [step("slow1"), step("slow2")] }, [step("other")]),
      step("end"),
    ),
    course: { cases: { "switch.1": "slow" } },
  },
  {
    title: "a switch that chooses an empty case at the end",
    graph: graph("Skip", step("start"), switchOn(1, { true: [step("more")], false: [] })),
    course: { cases: { "switch.1": "false" } },
  },
  {
    title: "switches in a row and in each other, chosen by otherwise",
    graph: graph(
      "Switches",
      step("start"),
      switchOn(1, { a: [] }, [switchOn(2, { b: [step("inB")], otherwise: [step("notThis")] }, [step("inOther")])]),
      switchOn(3, { c: [step("inC")] }, []),
      step("end"),
    ),
    course: { cases: {} },
  },
  {
    title: "a loop of two steps",
    graph: graph("Train", step("start"), loop(1, [step("fit"), step("score")]), step("end")),
    course: { rounds: { "loop.1": 3 } },
  },
  {
    title: "loops in loops at the flow's end",
    graph: graph("Loops", loop(1, [step("outer"), loop(2, [step("inner"), loop(3, [step("core")])])])),
    course: { rounds: { "loop.1": 2, "loop.2": 3, "loop.3": 2 } },
  },
  {
    title: "a foreach in a loop in a foreach",
    graph: graph(
      "Sandwich",
      step("start"),
      foreach("outer", [
        loop(1, [step("try"), foreach("inner", [step("x"), step("y")]), step("judge")]),
        step("after"),
      ]),
    ),
    course: { widths: { outer: 2, inner: 3 }, rounds: { "loop.1": 2 } },
  },
  {
    title: "a body that begins with a switch on its own item",
    graph: graph(
      "Sorted",
      step("start"),
      foreach("merge", [switchOn(1, { image: [step("resize")], text: [step("count")] }, []), step("store")]),
    ),
    course: { widths: { merge: 4 }, cases: { "switch.1": "image" } },
  },
  {
    title: "Lambda steps that answer what is asked next",
    graph: graph(
      "Lambdas",
      lambda("start"),
      foreach(lambda("merge"), [lambda("a"), lambda("b")]),
      switchOn(1, { x: [lambda("inX"), switchOn(2, { y: [lambda("inY")] }, [])] }, []),
      loop(1, [lambda("spin")]),
      branch(lambda("join"), [
        [lambda("c"), foreach(lambda("d"), [step("e")])],
        [loop(2, [switchOn(3, { z: [lambda("f")] }, [lambda("g")])])],
      ]),
    ),
    course: {
      widths: { merge: 3, d: 2 },
      cases: { "switch.1": "x", "switch.2": "y" },
      rounds: { "loop.1": 4, "loop.2": 2 },
    },
  },
  {
    title: "everything in everything",
    graph: graph(
      "Everything",
      switchOn(
        1,
        {
          go: [
            loop(1, [
              branch("both", [
                [foreach("wide", [step("leaf")])],
                [
                  switchOn(2, { deep: [foreach("pairs", [step("p1"), step("p2", { catch: true })], 2)] }, [
                    step("shallow"),
                  ]),
                ],
              ]),
            ]),
          ],
        },
        [],
      ),
      foreach("rows", [
        loop(2, [branch("cells", [[step("left")], [foreach("columns", [loop(3, [step("cell")])])]])]),
        step("rowEnd"),
      ]),
      step("end"),
    ),
    course: {
      widths: { wide: 5, pairs: 3, rows: 2, columns: 2 },
      rounds: { "loop.1": 2, "loop.2": 2, "loop.3": 2 },
      cases: { "switch.1": "go", "switch.2": "deep" },
    },
  },
];

/** An account that has of everything what it may have. */
export const account: MachineResources = {
  queues: { onDemand: "steady", spot: "spot", ec2: "ec2", gpu: "gpu" },
  jobDefinition: { default: "task:1", steps: { own: "own:7" } },
  runner: { default: "runner", steps: { own: "own-runner" } },
  bookkeeping: "bookkeeping",
  machines: "arn:aws:states:us-east-1:123456789012:stateMachine:millrace-dev__",
  tags: { "millrace:stack": "millrace-dev", "millrace:stage": "dev" },
  table: "ledger",
  bucket: "store",
  keepsMapRuns: true,
  waitSeconds: 600_000,
};
