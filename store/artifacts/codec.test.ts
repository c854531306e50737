/* oxlint-disable no-sparse-arrays -- holes are among what is tested */
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { Decoder } from "cbor-x";
import { describe, expect, test } from "vitest";
import { MillraceError } from "../../graph/errors.ts";
import { decodeValue } from "./decode.ts";
import { encodeValue } from "./encode.ts";

const carried = <T>(value: T): T => decodeValue(Buffer.concat(encodeValue(value))) as T;

describe("a value comes back as it went in", () => {
  const failure = Object.assign(new RangeError("too far", { cause: new TypeError("deep") }), {
    code: "E_FAR",
  });

  test.each<[string, unknown]>([
    ["null", null],
    ["undefined", undefined],
    ["true", true],
    ["zero", 0],
    ["minus zero", -0],
    ["NaN", NaN],
    ["Infinity", Infinity],
    ["minus Infinity", -Infinity],
    ["a fraction", 0.1],
    ["a fraction that a float holds", 1.5],
    ["the largest safe integer", Number.MAX_SAFE_INTEGER],
    ["the smallest safe integer", Number.MIN_SAFE_INTEGER],
    ["the largest number", Number.MAX_VALUE],
    ["the smallest number", Number.MIN_VALUE],
    ["a small bigint", 5n],
    ["a negative bigint", -5n],
    ["minus one as a bigint", -1n],
    ["zero as a bigint", 0n],
    ["a large bigint", -(2n ** 200n)],
    ["an empty string", ""],
    ["a string beyond ASCII", "žluťoučký kůň 🐎"],
    ["half a surrogate pair", "a\ud83d"],
    ["a replacement character", "\ufffd"],
    ["a long string", "ab".repeat(50_000)],
    ["a long string beyond ASCII", "ě🐎".repeat(100_000)],
    ["an empty object", {}],
    ["a key named __proto__", JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "length": 3}')],
    ["a key of half a surrogate pair", { "\ud83d": 1, ž: 2, "": 3 }],
    ["undefined as a property", { a: undefined }],
    ["an array with holes", [1, , undefined, , 3, ,]],
    ["a very sparse array", Object.assign([], { 5: "a", 4_000_000: "b" })],
    ["an empty array of some length", Array.from({ length: 3 }).fill(undefined)],
    [
      "a long array with a property",
      Object.assign(
        Array.from({ length: 100 }, (_, i) => i),
        { unit: "mm" },
      ),
    ],
    ["a date", new Date("2026-08-07T12:34:56.789Z")],
    ["a date before the epoch", new Date(-1)],
    ["the last date", new Date(8.64e15)],
    ["the last date but a millisecond", new Date(8.64e15 - 1)],
    ["an invalid date", new Date(NaN)],
    ["a regular expression", /a\/b+/giu],
    [
      "a map",
      new Map<unknown, unknown>([
        ["a", 1],
        [{ k: 1 }, new Map([[NaN, -0]])],
        [[1, 2], undefined],
      ]),
    ],
    ["a set", new Set<unknown>([1, "1", undefined, new Set([null])])],
    ["a boxed number", Object(-0)],
    ["a boxed string", Object("text")],
    ["a boxed boolean", Object(false)],
    ["a boxed bigint", Object(5n)],
    ["an error", new Error("no")],
    ["an error with a cause and a code", failure],
    ["an error without a message", new URIError()],
    ["several errors in one", new AggregateError([new Error("a"), "b"], "both")],
    ["an ArrayBuffer", new Uint8Array([1, 2, 3]).buffer],
    ["a DataView", new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)],
    ["a Buffer", Buffer.from("bytes")],
    ["a large Buffer", Buffer.alloc(10_000, 7)],
    ["a Uint8Array", new Uint8Array([1, 255])],
    ["a Uint8ClampedArray", new Uint8ClampedArray([1, 255])],
    ["an Int8Array", new Int8Array([-1, 1])],
    ["a Uint16Array", new Uint16Array([1, 65_535])],
    ["an Int16Array", new Int16Array([-1, 1])],
    ["a Uint32Array", new Uint32Array([1, 2 ** 32 - 1])],
    ["an Int32Array", new Int32Array([-1, 1])],
    ["a BigUint64Array", new BigUint64Array([1n, 2n ** 64n - 1n])],
    ["a BigInt64Array", new BigInt64Array([-1n, 1n])],
    ["a Float32Array", new Float32Array([NaN, -0, 0.5])],
    ["a Float64Array", new Float64Array([NaN, -0, 0.1])],
    ["an empty Float64Array", new Float64Array()],
    ["a part of a larger array", new Float64Array([1, 2, 3, 4]).subarray(1, 3)],
  ])("%s", (_, value) => {
    expect(carried(value)).toStrictEqual(value);
    expect(carried([value, { value }])).toStrictEqual([value, { value }]);
  });

  test("the result of a match keeps its index and groups", () => {
    const match = "in 2026-08".match(/(?<year>\d+)-(\d+)/);
    expect(carried(match)).toStrictEqual(structuredClone(match));
  });

  test("an error keeps its kind, its stack and what can be enumerated of it", () => {
    const [copy] = carried([failure]);
    expect(copy).toBeInstanceOf(RangeError);
    expect(copy!.stack).toBe(failure.stack);
    expect(Object.keys(copy!)).toEqual(["code"]);
    expect(copy!.cause).toBeInstanceOf(TypeError);
  });

  test("an object without a prototype comes back as a plain one", () => {
    expect(carried(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 });
  });

  test("a key named __proto__ does not change the prototype", () => {
    const copy = carried(JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(copy.polluted).toBeUndefined();
  });

  test("plain data from another realm is plain data", () => {
    const foreign: unknown = runInNewContext(
      "({ list: [1, , 2], map: new Map([['a', new Date(5)]]), bytes: new Uint8Array([1]) })",
    );
    expect(carried(foreign)).toEqual({
      list: [1, , 2],
      map: new Map([["a", new Date(5)]]),
      bytes: new Uint8Array([1]),
    });
  });

  test("an array's buffer holds nothing but the array", () => {
    const copy = carried({ before: "text", data: new Float64Array([1, 2, 3]) });
    expect(copy.data.buffer.byteLength).toBe(24);
  });
});

describe("identity", () => {
  test("two references to one object stay one", () => {
    const one = { n: 1 };
    const date = new Date(0);
    const bytes = new Uint8Array([1]);
    const copy = carried({
      a: one,
      b: one,
      list: [date, date, bytes, bytes, new Map([[one, date]])],
    });
    expect(copy.b).toBe(copy.a);
    expect(copy.list[1]).toBe(copy.list[0]);
    expect(copy.list[3]).toBe(copy.list[2]);
    expect((copy.list[4] as Map<unknown, unknown>).get(copy.a)).toBe(copy.list[0]);
  });

  test("two equal objects stay two", () => {
    const copy = carried([{ n: 1 }, { n: 1 }]);
    expect(copy[0]).not.toBe(copy[1]);
  });

  test("cycles run through objects, arrays, maps, sets and errors", () => {
    const object: Record<string, unknown> = {};
    const error = new Error("round");
    error.cause = object;
    object["array"] = [object];
    object["sparse"] = Object.assign([], { 3: object });
    object["map"] = new Map([[object, object]]);
    object["set"] = new Set([object]);
    object["error"] = error;
    const copy = carried(object) as Record<string, any>;
    expect(copy["array"][0]).toBe(copy);
    expect(copy["sparse"][3]).toBe(copy);
    expect(copy["map"].get(copy)).toBe(copy);
    expect(copy["set"].has(copy)).toBe(true);
    expect(copy["error"].cause).toBe(copy);
  });

  test("a list linked 100,000 deep comes back whole, in either direction", () => {
    interface Node {
      next?: Node;
      previous?: Node;
    }
    const first: Node = {};
    let last = first;
    for (let i = 0; i < 100_000; i++) {
      const next: Node = { previous: last };
      last = last.next = next;
    }
    let copy = carried(first);
    let depth = 0;
    for (; copy.next; copy = copy.next, depth++) if (copy.next.previous !== copy) throw new Error("torn");
    expect(depth).toBe(100_000);
  });
});

describe("properties", () => {
  const leaf = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.string({ minLength: 20, maxLength: 100 }),
    fc.boolean(),
    fc.constantFrom(null, undefined, -0, "\udc00"),
    fc.date({ noInvalidDate: false }),
    fc.float64Array(),
    fc.bigInt64Array(),
    fc.uint8Array(),
  );
  const anything = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("value")),
      fc.sparseArray(tie("value")),
      fc.dictionary(fc.string(), tie("value")),
      fc.array(fc.tuple(tie("value"), tie("value"))).map((pairs) => new Map(pairs)),
      fc.array(tie("value")).map((items) => new Set(items)),
    ),
  })).value;

  test("what structuredClone makes of a value is what decoding makes of its encoding", () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(carried(value)).toStrictEqual(structuredClone(value));
      }),
      { numRuns: 500 },
    );
  });

  test("sharing is kept wherever it is", () => {
    fc.assert(
      fc.property(anything, fc.array(fc.nat(3), { minLength: 2 }), (value, picks) => {
        const shared = [{ value }, [value], new Map([[value, value]]), new Date(0)];
        const list: unknown[] = picks.map((pick) => shared[pick]);
        list.push(list);
        const copy = carried(list);
        expect(copy.map((item) => copy.indexOf(item))).toEqual(list.map((item) => list.indexOf(item)));
        expect(copy.slice(0, -1)).toStrictEqual(structuredClone(list).slice(0, -1));
      }),
    );
  });

  test("another decoder of CBOR reads the same JSON", () => {
    const other = Object.assign(new Decoder({ mapsAsObjects: true }), { int64AsNumber: true });
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value: unknown = JSON.parse(json.replaceAll("__proto__", "proto"), (_, item) =>
          Object.is(item, -0) ? 0 : item,
        );
        expect(other.decode(Buffer.concat(encodeValue(value)))).toEqual(value);
      }),
    );
  });

  test("bytes that are no value are told as damaged, whatever they are", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), truncatedOrChanged(anything)), (bytes) => {
        expect(["decoded", "artifact.damaged"]).toContain(outcome(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});

function outcome(bytes: Uint8Array): string {
  try {
    decodeValue(bytes);
    return "decoded";
  } catch (error) {
    return error instanceof MillraceError ? error.code : String(error);
  }
}

function truncatedOrChanged(values: fc.Arbitrary<unknown>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(values, fc.nat(), fc.nat(255), fc.boolean()).map(([value, place, byte, cuts]) => {
    const bytes = Buffer.concat(encodeValue(value));
    const at = place % bytes.length;
    if (cuts) return bytes.subarray(0, at);
    bytes[at] = byte;
    return bytes;
  });
}

describe("damaged bytes", () => {
  test.each<[string, number[]]>([
    ["nothing at all", []],
    ["half a number", [0x19, 1]],
    ["something after the value", [0x01, 0x01]],
    ["an array of 2^32 elements in five bytes", [0x9a, 0xff, 0xff, 0xff, 0xff]],
    ["a text of 2^53 bytes", [0x7b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ["bytes of indefinite length", [0x5f, 0x41, 1, 0xff]],
    ["a reference to nothing", [0xd8, 29, 0]],
    ["a text that is not UTF-8", [0x61, 0xff]],
    ["an unknown tag", [0xd9, 1, 0, 0]],
    ["a date within a date, ten thousand deep", Array.from({ length: 10_000 }, () => 0xc1)],
    ["a sharing of a sharing, ten thousand deep", Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? 0xd8 : 28))],
    ["three bytes as a Float64Array", [0xd8, 86, 0x43, 1, 2, 3]],
    ["a regular expression that is none", [0xd8, 27, 0x83, 0x66, ...Buffer.from("RegExp"), 0x61, 0x28, 0x60]],
  ])("%s", (_, bytes) => {
    expect(() => decodeValue(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: "artifact.damaged" }));
  });
});

test("a large array is not copied into the encoding", () => {
  const data = new Float64Array(100_000);
  const segments = encodeValue({ data, text: "after" });
  expect(segments.some(({ buffer }) => buffer === data.buffer)).toBe(true);
});
