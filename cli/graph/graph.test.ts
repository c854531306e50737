import { describe, expect, test } from "vitest";
import type { Graph, GraphNode, StepNode, StepOptions } from "../../graph/graph.ts";
import { formatMermaid } from "./mermaid.ts";
import { formatTree } from "./tree.ts";

function step(name: string, options: StepOptions = {}): StepNode {
  return { type: "step", name, options };
}

function graph(body: readonly GraphNode[], more: Partial<Graph> = {}): Graph {
  return { version: 1, name: "Stats", parameters: {}, body, ...more };
}

const wide: GraphNode = {
  type: "foreach",
  over: "genres",
  as: "genre",
  concurrency: 50,
  body: [step("compute", { compute: "batch", memory: "4GiB", retry: 3 }), step("check")],
  join: step("merge"),
};
const turns: GraphNode[] = [
  {
    type: "switch",
    id: "switch.1",
    on: "kind",
    cases: [
      { value: "big", body: [step("large")] },
      { value: "small", body: [] },
    ],
  },
  { type: "loop", id: "loop.1", while: "again", max: 5, body: [step("train")] },
];
const branches: GraphNode = {
  type: "branch",
  branches: [
    { name: "a", body: [step("left")] },
    { name: "b", body: [step("right")] },
  ],
  join: step("both"),
};

describe("a flow as a tree", () => {
  test("shows what runs in its order, with what each step asks for", () => {
    expect(formatTree(graph([step("start"), wide, step("end")])).split("\n")).toEqual([
      "Stats",
      "├─ start",
      "├─ foreach genre of genres  at most 50 at once",
      "│  ├─ compute  batch 4GiB retry 3",
      "│  └─ check",
      "├─ join merge",
      "└─ end",
    ]);
  });

  test("shows branches, switches and loops", () => {
    expect(
      formatTree(graph([branches, ...turns]))
        .split("\n")
        .slice(1),
    ).toEqual([
      "├─ branch",
      "│  ├─ a:",
      "│  │  └─ left",
      "│  └─ b:",
      "│     └─ right",
      "├─ join both",
      "├─ switch kind",
      "│  ├─ case big:",
      "│  │  └─ large",
      "│  └─ case small:",
      "└─ loop while again  at most 5 rounds",
      "   └─ train",
    ]);
  });

  test("shows parameters with types, defaults and descriptions, and the schedule", () => {
    const tree = formatTree(
      graph([step("start")], {
        schedule: "rate(1 hour)",
        parameters: {
          topMost: {
            required: false,
            description: "How many",
            schema: { type: "number", default: 5 },
          },
        },
      }),
    );
    expect(tree).toContain("schedule rate(1 hour)");
    expect(tree).toContain("--top-most <number>  How many (default: 5)");
  });

  test.each<[StepOptions, string]>([
    [
      { retry: { attempts: 2, backoff: "10s", rate: 3, maxDelay: "5m", jitter: true } },
      "retry 2 after 10s × 3 up to 5m with jitter",
    ],
    [{ cpu: 2, gpu: 1, timeout: "15m", catch: true }, "2 cpu 1 gpu timeout 15m catch"],
    [{ image: "node:22", env: { A: "1" }, secrets: { KEY: "arn" } }, "node:22 env A secrets KEY"],
  ])("shows the options %j", (options, told) => {
    expect(formatTree(graph([step("only", options)]))).toContain(`└─ only  ${told}`);
  });
});

describe("a flow as a Mermaid flowchart", () => {
  test("has an edge from each step to the next, and a box around a foreach", () => {
    expect(
      formatMermaid(graph([step("start"), wide]))
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual([
      "flowchart TD",
      'begin(("start"))',
      'n1["start"]',
      "begin --> n1",
      'subgraph s2["foreach genre of genres"]',
      'n3["compute<br/>batch 4GiB retry 3"]',
      "n1 --> n3",
      'n4["check"]',
      "n3 --> n4",
      "end",
      'n5["merge"]',
      "n4 --> n5",
      'finish(("end"))',
      "n5 --> finish",
    ]);
  });

  test("an empty case of a switch leads past it", () => {
    const [asked] = turns;
    const chart = formatMermaid(graph([asked!, step("end")]));
    expect(chart).toContain('n1 -->|"big"| n2');
    expect(chart).toContain('n1 -->|"small"| n3');
    expect(chart).toContain("n2 --> n3");
  });

  test("a loop leads back to its beginning", () => {
    expect(formatMermaid(graph([turns[1]!]))).toContain('n3 -->|"while again"| n1');
  });

  test("what would end Mermaid's quotes is written as an entity", () => {
    const odd: GraphNode = {
      type: "switch",
      id: "switch.1",
      on: "kind",
      cases: [{ value: 'a"<b', body: [step("x")] }],
    };
    expect(formatMermaid(graph([odd]))).toContain('|"a&quot;&lt;b"|');
  });
});
