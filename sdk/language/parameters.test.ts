import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { formatError, MillraceError } from "../../graph/errors.ts";
import { coerceText, graphParameters, parseParameters } from "./parameters.ts";

/** A validator that knows the Standard Schema and nothing else. */
function standard(validate: StandardSchemaV1.Props["validate"]): StandardSchemaV1 {
  return { "~standard": { version: 1, vendor: "test", validate } };
}
const positive = standard((value) =>
  typeof value === "number" && value > 0 ? { value } : { issues: [{ message: "not positive" }] },
);
const later = standard(async (value) => (value === undefined ? { value: "late" } : { issues: [{ message: "no" }] }));

function refuseUnless(holds: (value: unknown) => boolean): StandardSchemaV1.Props["validate"] {
  return (value) => (holds(value) ? { value } : { issues: [{ message: "no" }] });
}
const read = (schema: StandardSchemaV1, text: string | string[] | true) =>
  coerceText(schema, graphParameters({ p: schema })["p"]?.schema, text);

/** What `parseParameters` says against the given. */
async function refused(of: Parameters<typeof parseParameters>[0], given: Record<string, unknown>): Promise<string> {
  const error: unknown = await parseParameters(of, given).then(
    () => new Error("Nothing was refused"),
    (reason: unknown) => reason,
  );
  if (error instanceof MillraceError && error.code === "parameter.invalid") return formatError(error);
  throw error;
}

describe("parameters as data", () => {
  test.each<[string, StandardSchemaV1, boolean]>([
    ["a plain one", z.string(), true],
    ["one with a default", z.number().default(5), false],
    ["an optional one", z.string().optional(), false],
    ["one of another validator", positive, true],
    ["one that is validated later", later, true],
    ["one that JSON Schema cannot say", z.date(), true],
  ])("%s: required is %s", (_, schema, required) => {
    expect(graphParameters({ p: schema })["p"]?.required).toBe(required);
  });

  test("have their validator's JSON Schema and description", () => {
    expect(graphParameters({ top: z.number().default(5).describe("How many") })).toEqual({
      top: {
        required: false,
        description: "How many",
        schema: { type: "number", default: 5, description: "How many" },
      },
    });
  });

  test("have a description even where there is no JSON Schema", () => {
    expect(graphParameters({ day: z.date().describe("Which day") })).toEqual({
      day: { required: true, description: "Which day" },
    });
  });

  test("are JSON", () => {
    const parameters = graphParameters({
      a: z.enum(["x"]),
      b: positive,
      c: z.array(z.number()).default([1]),
    });
    expect(JSON.parse(JSON.stringify(parameters))).toEqual(parameters);
  });
});

describe("parameters that are given", () => {
  const definition = {
    graph: { name: "Stats" },
    parameters: {
      top: z.number().default(5),
      kind: z.enum(["csv", "json"]),
      learningRate: z.number(),
    },
  };

  test("are validated and completed by defaults", async () => {
    const values = await parseParameters(definition, { kind: "csv", learningRate: 0.1 });
    expect(values).toEqual({ top: 5, kind: "csv", learningRate: 0.1 });
  });

  test("are what the validator makes of them", async () => {
    const parameters = { day: z.string().transform((text) => new Date(text)) };
    const values = await parseParameters({ graph: { name: "F" }, parameters }, { day: "2024-05-01" });
    expect(values).toEqual({ day: new Date("2024-05-01") });
  });

  test("may be validated asynchronously", async () => {
    expect(await parseParameters({ graph: { name: "F" }, parameters: { later } }, {})).toEqual({
      later: "late",
    });
  });

  test("are refused with every problem at once", async () => {
    expect(await refused(definition, { kind: "xml", tpo: 3 })).toBe(
      [
        "flow Stats, parameter tpo: the flow has no such parameter",
        "  Did you mean top (--top)?",
        'flow Stats, parameter kind: Invalid option: expected one of "csv"|"json"',
        '  It was given as "xml".',
        "flow Stats, parameter learningRate: it is required",
        "  Give it with --learning-rate VALUE.",
      ].join("\n"),
    );
  });

  test("say where inside a value the problem is", async () => {
    const parameters = { rows: z.array(z.object({ n: z.number() })) };
    const text = await refused({ graph: { name: "F" }, parameters }, { rows: [{ n: 1 }, { n: "x" }] });
    expect(text).toContain("parameter rows: 1.n: Invalid input: expected number");
  });

  test.each(["toString", "__proto__"])("cannot bear the name %s by accident", async (name) => {
    const text = await refused({ graph: { name: "F" }, parameters: {} }, JSON.parse(`{ "${name}": 1 }`));
    expect(text).toContain(`parameter ${name}: the flow has no such parameter\n  It takes none.`);
  });
});

describe("the text of a command line", () => {
  test.each<[string, StandardSchemaV1, string | string[] | true, unknown]>([
    ["a text", z.string(), "5", "5"],
    ["a text that looks like JSON", z.string(), "[1]", "[1]"],
    ["a number", z.number(), "2.5", 2.5],
    ["a number with an exponent", z.number(), "1e3", 1000],
    ["a number with a leading zero", z.number(), "007", 7],
    ["a whole number", z.number().int().default(5), "7", 7],
    ["a coerced number", z.coerce.number(), "7", 7],
    ["a bare flag", z.boolean(), true, true],
    ["true", z.boolean(), "true", true],
    ["false", z.boolean(), "false", false],
    ["false, where everything that is not empty is true", z.coerce.boolean(), "false", false],
    ["one of some texts", z.enum(["1", "2"]), "1", "1"],
    ["one of some numbers", z.literal([1, 2]), "2", 2],
    ["a number or a text: number", z.union([z.number(), z.string()]), "5", 5],
    ["a number or a text: text", z.union([z.number(), z.string()]), "five", "five"],
    ["nothing or a number: nothing", z.number().nullable(), "null", null],
    ["nothing or a number: number", z.number().nullable(), "3", 3],
    ["a list as JSON", z.array(z.number()), "[1, 2]", [1, 2]],
    ["a list by repetition", z.array(z.number()), ["1", "2"], [1, 2]],
    ["a list of texts by repetition", z.array(z.string()), ["1", "2"], ["1", "2"]],
    ["a list of one", z.array(z.string()), "a,b", ["a,b"]],
    ["a pair", z.tuple([z.string(), z.number()]), ["1", "2"], ["1", 2]],
    ["an object", z.object({ a: z.number() }), '{ "a": 1 }', { a: 1 }],
    ["a number without a JSON Schema", positive, "4", 4],
    ["a date that its validator reads", z.coerce.date(), "2024-05-01", "2024-05-01"],
    ["a list without a JSON Schema", standard(refuseUnless(Array.isArray)), ["1", "x"], ["1", "x"]],
    [
      "a number of more digits than a number holds",
      z.string().or(z.number()),
      "12345678901234567890",
      "12345678901234567890",
    ],
  ])("%s is read as its validator accepts it", async (_, schema, text, value) => {
    expect(await read(schema, text)).toEqual(value);
  });

  test.each<[StandardSchemaV1, string | string[], unknown]>([
    [z.number(), "many", "many"],
    [z.number().max(3), "5", 5],
    [z.number(), ["1", "2"], ["1", "2"]],
    [z.number(), "", ""],
  ])("what no reading of is accepted is left as the likeliest", async (schema, text, value) => {
    expect(await read(schema, text)).toEqual(value);
  });
});
