import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../graph/graph.ts";
import { interpret } from "./interpreter.ts";

async function evaluate(call: string, input: unknown = {}, random?: () => number) {
  const result = await interpret(
    {
      StartAt: "Pass",
      States: { Pass: { Type: "Pass", Parameters: { "value.$": call }, End: true } },
    },
    input as Json,
    { integrations: async () => null, ...(random && { random }) },
  );
  return result.status === "SUCCEEDED" ? (result.output as { value: Json }).value : result;
}

describe("an intrinsic function answers", () => {
  test.each<[call: string, input: unknown, expected: unknown]>([
    ["States.Format('Hello, my name is {}.', $.name)", { name: "Ann" }, "Hello, my name is Ann."],
    ["States.Format('{} {} {} {}', 1, 2.5, true, null)", {}, "1 2.5 true null"],
    ["States.Format($.template, $.a, 'x')", { template: "{}-{}", a: 1 }, "1-x"],
    ["States.Format('no values')", {}, "no values"],
    [String.raw`States.Format('\{\} it\'s \\ {}', 'in')`, {}, String.raw`{} it's \ in`],
    ["States.Format('{}, ({})', 'a,b', ')')", {}, "a,b, ())"],
    ["States.StringToJson($.text)", { text: '{"a":[1]}' }, { a: [1] }],
    ["States.JsonToString($.value)", { value: { a: [1, null], b: "é" } }, '{"a":[1,null],"b":"é"}'],
    ["States.Array($.id, 'a', 1, null, false)", { id: 7 }, [7, "a", 1, null, false]],
    ["States.Array()", {}, []],
    ["States.ArrayPartition($.list, 4)", { list: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, [[1, 2, 3, 4], [5, 6, 7, 8], [9]]],
    ["States.ArrayContains($.list, $.want)", { list: [1, { a: 1 }], want: { a: 1 } }, true],
    ["States.ArrayContains($.list, 5)", { list: [1, "5"] }, false],
    ["States.ArrayRange(1, 9, 2)", {}, [1, 3, 5, 7, 9]],
    ["States.ArrayRange(3, -3, -3)", {}, [3, 0, -3]],
    ["States.ArrayRange(5, 1, 1)", {}, []],
    ["States.ArrayGetItem($.list, $.index)", { list: [1, 2, null], index: 2 }, null],
    ["States.ArrayLength($.list)", { list: [1, 2] }, 2],
    [
      "States.ArrayUnique($.list)",
      { list: [1, 3, 1, "1", { a: 1, b: 2 }, { b: 2, a: 1 }] },
      [1, 3, "1", { a: 1, b: 2 }],
    ],
    ["States.Base64Encode('Data to encode')", {}, "RGF0YSB0byBlbmNvZGU="],
    ["States.Base64Decode('RGVjb2RlZCBkYXRh')", {}, "Decoded data"],
    ["States.Hash('input data', 'SHA-1')", {}, "aaff4a450a104cd177d28d18d74485e8cae074b7"],
    ["States.Hash('', 'MD5')", {}, "d41d8cd98f00b204e9800998ecf8427e"],
    [
      "States.JsonMerge($.a, $.b, false)",
      { a: { x: { p: 1 }, y: 1 }, b: { x: { q: 2 }, z: 3 } },
      { x: { q: 2 }, y: 1, z: 3 },
    ],
    ["States.MathAdd($.value, -1)", { value: 111 }, 110],
    ["States.MathAdd(1.4, 1.5)", {}, 3],
    ["States.StringSplit('1,2,3', ',')", {}, ["1", "2", "3"]],
    ["States.StringSplit($.text, '.+,=')", { text: "This.is+a,test=string" }, ["This", "is", "a", "test", "string"]],
    ["States.ArrayGetItem(States.StringSplit(States.Format('{}/{}', $.a, $.b), '/'), 1)", { a: "x", b: "y" }, "y"],
    ["States.ArrayLength($.list[?(@.name == 'a],)')])", { list: [{ name: "a],)" }, { name: "b" }] }, 1],
    ["States.Format('{}', $$.State.Name)", {}, "Pass"],
    ["States.ArrayContains( $.list , 1 )", { list: [1] }, true],
  ])("%s", async (call, input, expected) => {
    expect(await evaluate(call, input)).toEqual(expected);
  });

  test("States.UUID with a new version 4 UUID each time", async () => {
    const first = await evaluate("States.UUID()");
    expect(first).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(await evaluate("States.UUID()")).not.toBe(first);
  });

  test("States.MathRandom with a number from the first up to, not including, the second", async () => {
    expect(await evaluate("States.MathRandom(1, 999)", {}, () => 0)).toBe(1);
    expect(await evaluate("States.MathRandom(1, 999)", {}, () => 0.99999)).toBe(998);
  });

  test("States.MathRandom with the same number for the same seed", async () => {
    const numbers = await Promise.all([1, 1, 2, 3].map((seed) => evaluate(`States.MathRandom(0, 1000000, ${seed})`)));
    expect(numbers[0]).toBe(numbers[1]);
    expect(new Set(numbers).size).toBe(3);
  });
});

describe("an intrinsic function fails with States.IntrinsicFailure", () => {
  test.each<[call: string, input?: unknown]>([
    ["States.Format('{} {}', 1)"],
    ["States.Format('{}', 1, 2)"],
    ["States.Format(5)"],
    ["States.Format('{}', $.missing)"],
    ["States.StringToJson('{')"],
    ["States.ArrayPartition($.list, 0)", { list: [] }],
    ["States.ArrayPartition('text', 1)"],
    ["States.ArrayRange(0, 1000, 1)"],
    ["States.ArrayRange(1, 5, 0)"],
    ["States.ArrayGetItem($.list, 2)", { list: [1, 2] }],
    ["States.ArrayGetItem($.list, -1)", { list: [1, 2] }],
    ["States.ArrayLength('text')"],
    ["States.Base64Encode($.text)", { text: "x".repeat(10_001) }],
    ["States.Hash('x', 'CRC32')"],
    ["States.JsonMerge($, $, true)"],
    ["States.JsonMerge($, 'x', false)"],
    ["States.MathRandom(5, 5)"],
    ["States.MathAdd(2147483647, 1)"],
    ["States.MathAdd('1', 1)"],
  ])("%s", async (call, input) => {
    expect(await evaluate(call, input)).toMatchObject({
      status: "FAILED",
      error: "States.IntrinsicFailure",
    });
  });
});

describe("a call that cannot work is refused before anything runs", () => {
  test.each([
    "States.Nonsense(1)",
    "States.toString()",
    "States.Format()",
    "States.MathAdd(1)",
    "States.UUID(1)",
    "States.Format('open",
    "States.Format('a' 'b')",
    "States.Array(1,)",
    "States.Array(1) and more",
    "States.Array(word)",
    `States.Array(${Array.from({ length: 10 }, () => "States.UUID()").join(", ")})`,
  ])("%s", async (call) => {
    await expect(evaluate(call)).rejects.toMatchObject({
      code: "machine.invalid",
      where: { state: "Pass" },
    });
  });
});

describe("for any input", () => {
  const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;

  test("a text survives Base64Encode and Base64Decode", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 100 }), async (text) => {
        expect(await evaluate("States.Base64Decode(States.Base64Encode($.text))", { text })).toBe(text);
      }),
    );
  });

  test("a value survives JsonToString and StringToJson", async () => {
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        expect(await evaluate("States.StringToJson(States.JsonToString($.value))", { value })).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });

  test("the parts of ArrayPartition are full but the last, and make up the whole", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 9 }), async (list, size) => {
        const parts = (await evaluate(`States.ArrayPartition($.list, ${size})`, {
          list,
        })) as number[][];
        expect(parts.flat()).toEqual(list);
        expect(parts.slice(0, -1).every((part) => part.length === size)).toBe(true);
      }),
    );
  });

  test("ArrayRange counts as a loop would", async () => {
    const bound = fc.integer({ min: -200, max: 200 });
    await fc.assert(
      fc.asyncProperty(bound, bound, fc.integer({ min: 1, max: 9 }), async (first, last, step) => {
        const expected: number[] = [];
        for (let value = first; value <= last; value += step) expected.push(value);
        expect(await evaluate(`States.ArrayRange(${first}, ${last}, ${step})`)).toEqual(expected);
      }),
    );
  });

  test("ArrayUnique keeps the first of each number", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 })), async (list) => {
        expect(await evaluate("States.ArrayUnique($.list)", { list })).toEqual([...new Set(list)]);
      }),
    );
  });
});
