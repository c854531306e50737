/* oxlint-disable no-sparse-arrays -- holes are among what is tested */
import { describe, expect, test } from "vitest";
import { toJson } from "./json.ts";

const typed = (type: string, value: unknown) => ({ $type: type, value });

describe("a value as JSON", () => {
  test.each<[string, unknown, unknown]>([
    ["plain JSON", { a: [1, "b", true, null, { c: {} }] }, { a: [1, "b", true, null, { c: {} }] }],
    ["undefined", { a: undefined }, { a: typed("undefined", null) }],
    [
      "numbers that JSON lacks",
      [NaN, -0, Infinity, -Infinity],
      ["NaN", "-0", "Infinity", "-Infinity"].map((n) => typed("number", n)),
    ],
    ["a bigint", 12n ** 20n, typed("bigint", String(12n ** 20n))],
    ["a date", new Date(0), typed("Date", "1970-01-01T00:00:00.000Z")],
    ["an invalid date", new Date(NaN), typed("Date", null)],
    ["a regular expression", /a\/b/gi, typed("RegExp", "/a\\/b/gi")],
    [
      "a map",
      new Map<unknown, unknown>([
        ["a", 1n],
        [{ k: 1 }, [2]],
      ]),
      typed("Map", [
        ["a", typed("bigint", "1")],
        [{ k: 1 }, [2]],
      ]),
    ],
    ["a set", new Set([1, undefined]), typed("Set", [1, typed("undefined", null)])],
    ["a Float64Array", new Float64Array([0.5, NaN]), typed("Float64Array", [0.5, typed("number", "NaN")])],
    ["a Uint8Array", new Uint8Array([1, 2]), typed("Uint8Array", [1, 2])],
    ["a BigInt64Array", new BigInt64Array([-1n]), typed("BigInt64Array", ["-1"])],
    ["a Buffer", Buffer.from("hi"), typed("Buffer", "aGk=")],
    ["an ArrayBuffer", new Uint8Array([1, 2, 3]).buffer, typed("ArrayBuffer", "AQID")],
    ["a DataView", new DataView(new Uint8Array([1, 2, 3]).buffer, 1), typed("DataView", "AgM=")],
    ["a boxed number", Object(5), typed("Number", 5)],
    ["a boxed string", Object("s"), typed("String", "s")],
    ["an array with a hole", [1, , 3], typed("Array", { length: 3, 0: 1, 2: 3 })],
    [
      "an object with a $type of its own",
      { a: { $type: "Map", value: [] } },
      { a: typed("object", { $type: "Map", value: [] }) },
    ],
  ])("%s", (_, value, json) => {
    expect(toJson(value)).toStrictEqual(json);
    expect(JSON.parse(JSON.stringify(toJson(value)))).toStrictEqual(json);
  });

  test("an error is its name, message, stack, cause and what was added to it", () => {
    const error = Object.assign(new RangeError("far", { cause: "road" }), { code: 7 });
    expect(toJson(error)).toStrictEqual(
      typed("RangeError", {
        name: "RangeError",
        message: "far",
        stack: error.stack,
        cause: "road",
        code: 7,
      }),
    );
  });

  test("an object inside itself is a reference to its place", () => {
    const value: Record<string, unknown> = { list: [] };
    (value["list"] as unknown[]).push({ up: value, list: value["list"] });
    expect(toJson(value)).toStrictEqual({
      list: [{ up: typed("ref", "$"), list: typed("ref", "$.list") }],
    });
  });

  test("an object that stands in two places is written in both", () => {
    const one = { n: 1 };
    expect(toJson([one, one])).toStrictEqual([{ n: 1 }, { n: 1 }]);
  });

  test("a key named __proto__ is a property like any other", () => {
    expect(JSON.stringify(toJson(JSON.parse('{"__proto__":{"a":1}}')))).toBe('{"__proto__":{"a":1}}');
  });

  test("what is nested too deep for JSON is told so", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(() => toJson(deep)).toThrow(expect.objectContaining({ code: "artifact.tooDeep" }));
  });
});
