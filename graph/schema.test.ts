import { describe, expect, test } from "vitest";
import { z } from "zod";
import { flow } from "../sdk/language/flow.ts";
import { graphSchema } from "./schema.ts";

const schema = z.fromJSONSchema(graphSchema as never);
const accepts = (value: unknown) => schema.safeParse(value).success;

const everything = flow("Everything", {
  description: "All there is",
  params: { kind: z.string().describe("Which"), flag: z.boolean().default(true) },
  schedule: "rate(1 day)",
  defaults: { retry: { attempts: 2, backoff: "10s", jitter: true }, env: { A: "1" } },
})
  .step("start", { compute: "batch", cpu: 0.5, memory: "1GiB" }, () => ({ list: [1, 2] }))
  .foreach("list", { as: "item", concurrency: 5 }, (each) =>
    each
      .branch({
        a: (b) => b.loop({ while: "more", max: 9 }, (l) => l.step("x", () => ({ more: false }))),
      })
      .join("j", () => {}),
  )
  .join("all", { catch: true }, () => {})
  .switch("flag", { true: (s) => s, false: (s) => s.step("no", () => {}) })
  .switch("kind", { a: (s) => s }, (s) => s).graph;

test("the graph of a flow with everything in it is valid", () => {
  expect(schema.safeParse(everything).error?.issues).toBeUndefined();
});

test("the schema is plain JSON", () => {
  expect(JSON.parse(JSON.stringify(graphSchema))).toEqual(graphSchema);
});

describe("what has another shape is refused", () => {
  const step = { type: "step", name: "a", options: {} };
  const graph = { version: 1, name: "F", parameters: {}, body: [step] };
  const loop = { type: "loop", id: "loop.1", while: "more", max: 3, body: [step] };

  test.each([graph, { ...graph, body: [loop] }])("while %j is accepted", (value) => {
    expect(accepts(value)).toBe(true);
  });

  test.each<[string, unknown]>([
    ["another version", { ...graph, version: 2 }],
    ["no name", { ...graph, name: undefined }],
    ["a name with a space", { ...graph, name: "my flow" }],
    ["an unknown key", { ...graph, extra: 1 }],
    ["an unknown kind of node", { ...graph, body: [{ type: "goto" }] }],
    ["a step without options", { ...graph, body: [{ type: "step", name: "a" }] }],
    ["an unknown option", { ...graph, body: [{ ...step, options: { memry: "1GiB" } }] }],
    ["an unknown compute", { ...graph, body: [{ ...step, options: { compute: "cloud" } }] }],
    ["ten retries", { ...graph, body: [{ ...step, options: { retry: 10 } }] }],
    ["a loop without a bound", { ...graph, body: [{ ...loop, max: undefined }] }],
    ["a wrong step deep inside", { ...graph, body: [{ ...loop, body: [{ ...loop, body: [{ ...step, name: "" }] }] }] }],
    ["a split without its join", { ...graph, body: [{ type: "branch", branches: [{ name: "a", body: [] }] }] }],
  ])("%s", (_, value) => {
    expect(accepts(value)).toBe(false);
  });
});
