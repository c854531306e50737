import { describe, expect, test } from "vitest";
import { z } from "zod";
import { definitionOf, isFlow } from "./definition.ts";
import { flow } from "./flow.ts";
import type { AnyFlow } from "./language.ts";

const nothing = () => {};
const empty = (s: AnyFlow) => s;
const optionsOf = (built: AnyFlow) => built.graph.body.map((node) => node.type === "step" && node.options);

describe("a flow as plain data", () => {
  test("has its steps in order, with their options", () => {
    const { graph } = flow("Two")
      .step("start", { retry: 2, memory: "1GiB" }, () => ({ n: 1 }))
      .step("end", nothing);
    expect(graph).toEqual({
      version: 1,
      name: "Two",
      parameters: {},
      body: [
        { type: "step", name: "start", options: { retry: 2, memory: "1GiB" } },
        { type: "step", name: "end", options: {} },
      ],
    });
  });

  test("says what its parameters, schedule and description are", () => {
    const params = {
      top: z.number().default(5).describe("How many"),
      kind: z.enum(["csv", "json"]),
    };
    const { graph } = flow("Stats", {
      params,
      schedule: "rate(1 hour)",
      description: "Counts",
    }).step("a", nothing);
    expect(graph).toMatchObject({
      description: "Counts",
      schedule: "rate(1 hour)",
      parameters: {
        top: { required: false, description: "How many", schema: { type: "number", default: 5 } },
        kind: { required: true, schema: { enum: ["csv", "json"] } },
      },
    });
  });

  test("is JSON: it comes back from its text as it was", () => {
    const { graph } = everything();
    expect(JSON.parse(JSON.stringify(graph))).toStrictEqual(graph);
  });

  test("numbers switches and loops in the order of the text, the outer before the inner", () => {
    const { graph } = flow("N", { params: { b: z.boolean() } })
      .switch("b", {
        true: (s) => s.switch("b", { true: empty, false: empty }),
        false: (s) => s.loop({ while: "more", max: 2 }, (l) => l.step("x", () => ({ more: false }))),
      })
      .switch("b", { true: empty, false: empty });
    expect(graph.body).toMatchObject([
      {
        id: "switch.1",
        cases: [
          { value: "true", body: [{ id: "switch.2" }] },
          { value: "false", body: [{ id: "loop.1" }] },
        ],
      },
      { id: "switch.3" },
    ]);
  });

  test("nests foreach, branch, switch and loop in each other", () => {
    expect(everything().graph.body).toMatchObject([
      { type: "step", name: "start" },
      {
        type: "foreach",
        over: "list",
        as: "item",
        concurrency: 5,
        body: [
          {
            type: "branch",
            branches: [
              { name: "left", body: [{ type: "step", name: "l" }] },
              {
                name: "right",
                body: [{ type: "loop", while: "more", max: 3, body: [{ name: "r" }] }],
              },
            ],
            join: { name: "both", options: { retry: 1 } },
          },
        ],
        join: { type: "step", name: "all" },
      },
      {
        type: "switch",
        on: "kind",
        cases: [{ value: "a", body: [{ name: "ka" }] }],
        otherwise: [],
      },
    ]);
  });
});

describe("a flow's defaults", () => {
  const defaults = { retry: 1, timeout: "1h", env: { A: "1", B: "1" } };

  test("are every step's options, the step's own before them", () => {
    const built = flow("D", { defaults }).step("a", { retry: 3 }, nothing).step("b", nothing);
    expect(optionsOf(built)).toEqual([{ ...defaults, retry: 3 }, defaults]);
  });

  test("add their variables to the step's", () => {
    const built = flow("D", { defaults }).step("a", { env: { B: "2", C: "2" } }, nothing);
    expect(optionsOf(built)).toMatchObject([{ env: { A: "1", B: "2", C: "2" } }]);
  });

  test("are taken away by an option that is undefined", () => {
    const built = flow("D", { defaults }).step("a", { timeout: undefined }, nothing);
    expect(optionsOf(built)[0]).not.toHaveProperty("timeout");
  });

  test("reach the joins and the steps of bodies", () => {
    const built = flow("D", { defaults: { cpu: 2 } })
      .branch({ a: (b) => b.step("x", nothing) })
      .join("j", nothing);
    expect(built.graph.body).toMatchObject([
      { branches: [{ body: [{ options: { cpu: 2 } }] }], join: { options: { cpu: 2 } } },
    ]);
  });
});

describe("a flow as a value", () => {
  test("is left as it was by its methods: two continuations of one beginning are two flows", () => {
    const common = flow("Common").step("start", nothing);
    const one = common.step("one", nothing);
    const two = common.step("two", nothing);
    const names = [common, one, two].map(({ graph }) => graph.body.map((node) => node.type === "step" && node.name));
    expect(names).toEqual([["start"], ["start", "one"], ["start", "two"]]);
  });

  test("computes its graph once", () => {
    const built = everything();
    expect(built.graph).toBe(built.graph);
  });

  test("may have thousands of steps", () => {
    let built: AnyFlow = flow("Long");
    for (let i = 0; i < 5000; i++) built = built.step(`s${i}`, nothing);
    expect(built.graph.body).toHaveLength(5000);
    expect(built.graph.body[4999]).toMatchObject({ name: "s4999" });
  });

  test("is told from what is none", () => {
    const split = flow("F").branch({ a: (b) => b.step("x", nothing) });
    const values = [flow("F"), split, {}, null, "flow", { graph: {} }, flow];
    expect(values.map(isFlow)).toEqual([true, false, false, false, false, false, false]);
  });

  test("is known to another copy of the package by a registered symbol", () => {
    const definition = Reflect.get(everything(), Symbol.for("millrace.flow"))();
    expect(definition.graph.name).toBe("Everything");
  });
});

describe("a flow's definition", () => {
  test("has every handler under its step's name", async () => {
    const { handlers } = definitionOf(everything());
    expect([...handlers.keys()]).toEqual(["start", "l", "r", "both", "all", "ka"]);
    expect(handlers.get("start")?.({}, {})).toEqual({ list: [1, 2] });
  });

  test("has the parameters' validators", () => {
    const kind = z.string();
    expect(definitionOf(flow("P", { params: { kind } })).parameters).toEqual({ kind });
  });

  test("knows the author's module", () => {
    expect(definitionOf(everything()).file).toBe(import.meta.filename);
  });

  test("knows where each step, join, switch and loop was written", () => {
    const here = lineHere();
    const built = flow("Where", { params: { b: z.boolean() } })
      .step("a", nothing)
      .branch({ x: (b) => b.step("c", nothing) })
      .join("j", nothing)
      .switch("b", { true: (s) => s, false: (s) => s })
      .loop({ while: "b", max: 1 }, (l) => l.step("e", nothing));
    const { sourceOf } = definitionOf(built);
    const lines = ["a", "c", "j", "switch.1", "loop.1", "e"].map((name) => sourceOf(name)?.split(":").at(-2));
    expect(lines).toEqual([2, 3, 4, 5, 6, 6].map((after) => String(here + after)));
    expect(sourceOf("a")).toMatch(/^sdk\/language\/flow\.test\.ts:\d+:\d+$/);
    expect(sourceOf("nowhere")).toBeUndefined();
  });

  test("knows both places of a step that is declared twice", () => {
    const here = lineHere();
    let built: AnyFlow = flow("Twice");
    built = built.step("a", nothing);
    built = built.step("a", nothing);
    const { sourceOf } = definitionOf(built);
    expect(sourceOf("a")).toContain(`:${here + 2}:`);
    expect(sourceOf("a", 1)).toContain(`:${here + 3}:`);
  });
});

describe("a call that the types would refuse", () => {
  test("names the step that has no handler", () => {
    // @ts-expect-error the handler is missing
    expect(() => flow("F").step("a", {})).toThrow(
      expect.objectContaining({
        code: "flow.handler",
        where: expect.objectContaining({
          flow: "F",
          step: "a",
          source: expect.stringContaining("flow.test.ts"),
        }),
      }),
    );
  });

  const other = flow("Other").step("x", nothing);
  test.each<[string, (b: unknown) => unknown]>([
    ["returns nothing", () => {}],
    ["returns another flow", () => other],
    ["is asynchronous", async (b) => b],
    ["leaves a split without its join", (b) => (b as AnyFlow).branch({ q: (c) => c.step("y", nothing) })],
  ])("refuses a body that %s", (_, body) => {
    expect(() => flow("F").branch({ a: body as never })).toThrow("the body of branch a does not return the steps");
  });
});

function everything() {
  return flow("Everything", { params: { kind: z.string() } })
    .step("start", () => ({ list: [1, 2] }))
    .foreach("list", { as: "item", concurrency: 5 }, (each) =>
      each
        .branch({
          left: (b) => b.step("l", ({ item }) => ({ x: item })),
          right: (b) => b.loop({ while: "more", max: 3 }, (l) => l.step("r", () => ({ more: false }))),
        })
        .join("both", { retry: 1 }, ({ left }) => ({ y: left.x })),
    )
    .join("all", (branches) => ({ ys: branches.pluck("y") }))
    .switch("kind", { a: (s) => s.step("ka", nothing) }, (s) => s);
}

/** The number of the line that calls it. */
function lineHere(): number {
  return Number(new Error("here").stack?.split("\n")[2]?.split(":").at(-2));
}
