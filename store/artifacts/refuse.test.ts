import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { MillraceError } from "../../graph/errors.ts";
import { encodeValue } from "./encode.ts";

function refusal(value: unknown): MillraceError {
  try {
    encodeValue(value, "result");
  } catch (error) {
    return error as MillraceError;
  }
  throw new Error("it was not refused");
}

const f = () => 1;

class User {
  name = "Ada";
}
class Names extends Map<string, string> {}
class NotFound extends Error {}

describe("what is not data is refused with what it is and what to do", () => {
  test.each<[string, unknown, message: string, hint: string]>([
    ["a function", () => 1, "result is a function", "return what the function gives"],
    ["a class", User, "result is a class", "return what the function gives"],
    ["a symbol", Symbol("s"), "result is a symbol", "string"],
    ["a promise", Promise.resolve(1), "result is a promise", "Await it"],
    ["an instance of a class", new User(), "result is an instance of User", "{ ...result }"],
    ["an instance of a class that extends Map", new Names(), "result is an instance of Names", "fields"],
    ["an error of one's own", new NotFound("x"), "result is an instance of NotFound", "result.message"],
    ["a WeakMap", new WeakMap(), "result is a WeakMap", "return a Map"],
    ["a generator", (function* () {})(), "result is a Generator", "[...result]"],
    ["a map's iterator", new Map().keys(), "result is a Map Iterator", "[...result]"],
    ["a stream", Readable.from([]), "result is a Readable", "read it to its end"],
    ["shared memory", new SharedArrayBuffer(8), "result is shared memory", ".slice()"],
    ["a proxy of a function", new Proxy(() => 1, {}), "result is a function", "return what the function gives"],
    ["a boxed symbol", Object(Symbol("s")), "result is an instance of Symbol", "fields"],
    ["an object that only claims to be a Map", Object.create(Map.prototype), "result is an instance of Map", "fields"],
  ])("%s", (_, value, message, hint) => {
    expect(refusal(value)).toMatchObject({
      code: "artifact.unsupported",
      message,
      hint: expect.stringContaining(hint) as string,
    });
  });
});

describe("a refusal names the place inside the value", () => {
  test.each<[string, unknown]>([
    ["result.model.fit", { a: 1, model: { b: [1, 2], fit: f } }],
    ["result[2].fit", [0, { x: {} }, { fit: f }]],
    ['result["two words"]', { "two words": f }],
    ["result[1]", [0, f]],
    ["result[3]", Object.assign([], { 3: f })],
    ["result.extra", Object.assign([1], { extra: f })],
    ['result.get("a").fit', new Map([["a", { fit: f }]])],
    ["result.get(7)", new Map([[7, f]])],
    [
      "[...result.keys()][1]",
      new Map<unknown, number>([
        ["a", 1],
        [f, 2],
      ]),
    ],
    [
      "result.values()[1]",
      new Map<unknown, unknown>([
        ["a", 1],
        [{}, f],
      ]),
    ],
    ["[...result][1]", new Set([1, f])],
    ["result.cause.fit", new Error("x", { cause: { fit: f } })],
  ])("%s", (path, value) => {
    expect(refusal(value).message).toBe(`${path} is a function`);
  });

  test("a getter that throws, with what it threw as the cause", () => {
    const cause = new Error("not connected");
    const error = refusal({
      rows: [
        {
          get total() {
            throw cause;
          },
        },
      ],
    });
    expect(error).toMatchObject({ code: "artifact.unsupported", cause });
    expect(error.message).toBe("result.rows[0].total cannot be read: Error: not connected");
  });

  test("a revoked proxy", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal({ proxy })).toMatchObject({
      code: "artifact.unsupported",
      message: expect.stringContaining("result.proxy") as string,
    });
  });
});

test("a value that a getter packs while another is being packed is not mixed up with it", () => {
  let inner: Uint8Array[] = [];
  const outer = encodeValue({
    a: "outer",
    get b() {
      inner = encodeValue("inner");
      return 1;
    },
  });
  expect(Buffer.concat(inner)).toEqual(Buffer.concat(encodeValue("inner")));
  expect(Buffer.concat(outer)).toEqual(Buffer.concat(encodeValue({ a: "outer", b: 1 })));
});
