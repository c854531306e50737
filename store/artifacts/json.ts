import { types } from "node:util";
import { MillraceError } from "../../graph/errors.ts";
import type { Json } from "../../graph/graph.ts";
import { isIrregular } from "./irregular.ts";
import { pathStep } from "./refuse.ts";

/**
 * An artifact's value as JSON, for people and for programs in other languages. What JSON has no word for is an object of
 * its type and what it is made of: `{ "$type": "Date", "value": "2026-08-07T00:00:00.000Z" }`. The types are
 *
 * - `undefined` (null), `number` ("NaN", "Infinity", "-Infinity", "-0"), `bigint` (its digits);
 * - `Date` (ISO 8601, null where invalid), `RegExp` (as it is written in code), `Map` (pairs), `Set` (its members);
 * - `Error`, `TypeError` … (its name, message, stack, and what else it has);
 * - `Uint8Array`, `Float64Array` … (its numbers; the digits of big ones), `Buffer`, `ArrayBuffer`, `DataView` (base64);
 * - `Array` where it has holes or named properties (its length and what it has), `Number`, `String`, `Boolean`, `BigInt`
 *   where they are objects;
 * - `ref` (where it stands, from `$` on) in place of an object inside itself;
 * - `object` (its properties) where a plain object has a property named `$type`.
 *
 * Throws MillraceError `artifact.tooDeep` for what is nested so deep that JSON could not be read back.
 */
export function toJson(value: unknown): Json {
  return new Renderer().render(value, "$", 0);
}

/** Readers of JSON give up somewhere beyond; so would the stack here. */
const MOST_DEPTH = 1000;

class Renderer {
  /** What the value at hand stands in, each with its place. */
  private readonly around = new Map<object, string>();

  render(value: unknown, path: string, depth: number): Json {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return number(value);
      case "bigint":
        return typed("bigint", String(value));
      case "undefined":
        return typed("undefined", null);
      case "object":
        return value === null ? null : this.object(value, path, depth);
      default:
        throw new TypeError(`${path} is a ${typeof value}, which no artifact holds`);
    }
  }

  private object(value: object, path: string, depth: number): Json {
    const place = this.around.get(value);
    if (place !== undefined) return typed("ref", place);
    if (depth > MOST_DEPTH) {
      throw new MillraceError(
        "artifact.tooDeep",
        `The value is nested more than ${MOST_DEPTH} deep, too deep for JSON`,
        {
          hint: "Read it from a program, or store it in a flatter shape.",
        },
      );
    }
    this.around.set(value, path);
    const rendered = this.contents(value, path, depth + 1);
    this.around.delete(value);
    return rendered;
  }

  private contents(value: object, path: string, depth: number): Json {
    if (Array.isArray(value)) {
      if (isIrregular(value))
        return typed("Array", {
          length: value.length,
          ...this.properties(value, Object.keys(value), { path, depth }),
        });
      return value.map((item, i) => this.render(item, path + pathStep(i), depth));
    }
    if (types.isMap(value)) {
      const pairs = Array.from(value, ([key, item], i) => [
        this.render(key, `${path}.key(${i})`, depth),
        this.render(item, `${path}.value(${i})`, depth),
      ]);
      return typed("Map", pairs);
    }
    if (types.isSet(value))
      return typed(
        "Set",
        Array.from(value, (item, i) => this.render(item, `${path}.value(${i})`, depth)),
      );
    if (types.isNativeError(value)) {
      const standard = ["name", "message", "stack", "cause", "errors"].filter(
        (key) => key === "name" || Object.hasOwn(value, key),
      );
      const keys = [...new Set([...standard, ...Object.keys(value)])];
      return typed((Object.getPrototypeOf(value) as Error).name, this.properties(value, keys, { path, depth }));
    }
    return leaf(value) ?? this.plain(value, path, depth);
  }

  private plain(value: object, path: string, depth: number): Json {
    const properties = this.properties(value, Object.keys(value), { path, depth });
    return Object.hasOwn(value, "$type") ? typed("object", properties) : properties;
  }

  private properties(
    value: object,
    keys: readonly string[],
    { path, depth }: { path: string; depth: number },
  ): Record<string, Json> {
    const properties: Record<string, Json> = {};
    for (const key of keys) {
      const rendered = this.render((value as Record<string, unknown>)[key], path + pathStep(key), depth);
      // Assigning it would set the prototype.
      if (key === "__proto__")
        Object.defineProperty(properties, key, {
          value: rendered,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      else properties[key] = rendered;
    }
    return properties;
  }
}

/** What holds no other values. */
function leaf(value: object): Json | undefined {
  if (types.isDate(value)) return typed("Date", Number.isNaN(value.getTime()) ? null : value.toISOString());
  if (types.isRegExp(value)) return typed("RegExp", String(value));
  if (Buffer.isBuffer(value)) return typed("Buffer", value.toString("base64"));
  if (types.isDataView(value))
    return typed("DataView", Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64"));
  if (types.isArrayBuffer(value)) return typed("ArrayBuffer", Buffer.from(value).toString("base64"));
  if (types.isBigInt64Array(value) || types.isBigUint64Array(value))
    return typed(value[Symbol.toStringTag], Array.from(value, String));
  if (types.isTypedArray(value)) {
    const numbers = value as unknown as ArrayLike<number> & {
      readonly [Symbol.toStringTag]: string;
    };
    return typed(numbers[Symbol.toStringTag], Array.from(numbers, number));
  }
  if (types.isBoxedPrimitive(value)) {
    const primitive = value.valueOf() as number | string | boolean | bigint;
    const type = primitive.constructor.name;
    return typed(
      type,
      typeof primitive === "number" ? number(primitive) : typeof primitive === "bigint" ? String(primitive) : primitive,
    );
  }
  return undefined;
}

function number(value: number): Json {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return typed("number", Object.is(value, -0) ? "-0" : String(value));
}

function typed(type: string, value: Json): Json {
  return { $type: type, value };
}
