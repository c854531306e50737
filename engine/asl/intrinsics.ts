import { isDeepStrictEqual } from "node:util";
import type { Json } from "../../graph/graph.ts";
import { stateFailure } from "./errors.ts";
import { isObject } from "./jsonpath.ts";
import { excerpt } from "./path.ts";

/** An intrinsic function: how many arguments it takes and what it answers; fails with States.IntrinsicFailure. */
export interface Intrinsic {
  readonly arguments: readonly [least: number, most: number];
  readonly call: (values: readonly Json[], random: () => number) => Json;
}

/** AWS Step Functions, "Intrinsic functions": an array has at most 1,000 items, a text to encode 10,000 characters. */
const RANGE_ITEMS = 1_000;
const TEXT_CHARACTERS = 10_000;
const HASHES: ReadonlyMap<Json, string> = new Map([
  ["MD5", "md5"],
  ["SHA-1", "sha1"],
  ["SHA-256", "sha256"],
  ["SHA-384", "sha384"],
  ["SHA-512", "sha512"],
]);

/** Every intrinsic function by its name without `States.`; behaviour as AWS Step Functions documents it. */
export const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Format: {
    arguments: [1, Infinity],
    call: ([template, ...values]) => format(splitTemplate(text(template!)), values),
  },
  StringToJson: { arguments: [1, 1], call: ([json]) => parse(text(json!)) },
  JsonToString: { arguments: [1, 1], call: ([value]) => JSON.stringify(value) },
  Array: { arguments: [0, Infinity], call: (values) => values },
  ArrayPartition: {
    arguments: [2, 2],
    call: ([items, size]) => partition(array(items!), integer(size!)),
  },
  ArrayContains: {
    arguments: [2, 2],
    call: ([items, value]) => array(items!).some((item) => isDeepStrictEqual(item, value)),
  },
  ArrayRange: {
    arguments: [3, 3],
    call: ([first, last, step]) => range(integer(first!), integer(last!), integer(step!)),
  },
  ArrayGetItem: {
    arguments: [2, 2],
    call: ([items, index]) => itemAt(array(items!), integer(index!)),
  },
  ArrayLength: { arguments: [1, 1], call: ([items]) => array(items!).length },
  ArrayUnique: { arguments: [1, 1], call: ([items]) => unique(array(items!)) },
  Base64Encode: {
    arguments: [1, 1],
    call: ([value]) => Buffer.from(short(text(value!))).toString("base64"),
  },
  Base64Decode: {
    arguments: [1, 1],
    call: ([value]) => Buffer.from(short(text(value!)), "base64").toString(),
  },
  Hash: { arguments: [2, 2], call: ([value, algorithm]) => hash(value!, algorithm!) },
  JsonMerge: { arguments: [3, 3], call: ([first, second, deep]) => merge(first!, second!, deep!) },
  MathRandom: {
    arguments: [2, 3],
    call: (values, random) => randomInteger(values.map(integer), random),
  },
  MathAdd: {
    arguments: [2, 2],
    call: ([first, second]) => integer(integer(first!) + integer(second!)),
  },
  StringSplit: {
    arguments: [2, 2],
    call: ([value, separators]) => split(text(value!), text(separators!)),
  },
  UUID: { arguments: [0, 0], call: () => crypto.randomUUID() },
};

/** A States.Format template, as the texts between its `{}`; escapes undone. */
export function splitTemplate(template: string): string[] {
  const parts = [""];
  for (let at = 0; at < template.length; at += 1) {
    let character = template.charAt(at);
    if (character === "{" && template[at + 1] === "}") {
      parts.push("");
      at += 1;
      continue;
    }
    if (character === "\\" && isEscaped(template[at + 1])) character = template.charAt((at += 1));
    parts[parts.length - 1] += character;
  }
  return parts;
}

/** Whether a backslash before this character is an escape. */
export function isEscaped(character: string | undefined): boolean {
  return character === "'" || character === "{" || character === "}" || character === "\\";
}

/** Puts values between the texts of a template. */
export function format(parts: readonly string[], values: readonly Json[]): string {
  if (values.length !== parts.length - 1) refuse(`the template has ${parts.length - 1} {} for ${values.length} values`);
  let formatted = parts[0]!;
  for (let index = 0; index < values.length; index += 1) {
    formatted += textOf(values[index]!) + parts[index + 1]!;
  }
  return formatted;
}

/** A value as AWS writes it into a text: `{a=1, b=[x, y]}`, since there it is a Java map or list. */
function textOf(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(textOf).join(", ")}]`;
  if (!isObject(value)) return String(value);
  const fields = Object.entries(value).map(([key, field]) => `${key}=${textOf(field)}`);
  return `{${fields.join(", ")}}`;
}

/** Nothing at all is null, and -0 the integer 0. */
function parse(json: string): Json {
  if (json.trim() === "") return null;
  try {
    const value = JSON.parse(json) as Json;
    return value === 0 ? 0 : value;
  } catch {
    return refuse(`${excerpt(json)} is not JSON`);
  }
}

function partition(items: readonly Json[], size: number): Json[] {
  if (size < 1) refuse(`a chunk cannot have ${size} items`);
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function range(first: number, last: number, step: number): number[] {
  if (step === 0) refuse("the step of a range cannot be 0");
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > RANGE_ITEMS) refuse(`a range has at most ${RANGE_ITEMS} items, not ${length}`);
  return Array.from({ length }, (_, index) => first + index * step);
}

function itemAt(items: readonly Json[], index: number): Json {
  return (
    items[index] ??
    (index >= 0 && index < items.length ? null : refuse(`an array of ${items.length} has no item ${index}`))
  );
}

function unique(items: readonly Json[]): Json[] {
  const byText = new Map<string, Json>();
  for (const item of items) {
    const key = JSON.stringify(item, sortKeys);
    if (!byText.has(key)) byText.set(key, item);
  }
  return [...byText.values()];
}

function sortKeys(_: string, value: Json): Json {
  return isObject(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value;
}

function hash(value: Json, algorithm: Json): string {
  const name = HASHES.get(algorithm) ?? refuse(`${excerpt(algorithm)} is none of ${[...HASHES.keys()].join(", ")}`);
  const bytes = short(typeof value === "string" ? value : JSON.stringify(value));
  // Loaded when first used: no machine pays for it at start.
  return process.getBuiltinModule("node:crypto").createHash(name).update(bytes).digest("hex");
}

function merge(first: Json, second: Json, deep: Json): Json {
  if (!isObject(first) || !isObject(second)) refuse("only two objects can be merged");
  if (deep !== false) refuse("only shallow merging is supported: the third argument must be false");
  return { ...(first as object), ...(second as object) };
}

function randomInteger([start, end, seed]: readonly number[], random: () => number): number {
  if (end! <= start!) refuse(`there is no number from ${start} up to ${end}`);
  return start! + Math.floor((seed === undefined ? random() : seeded(seed)) * (end! - start!));
}

/** One number in [0, 1) for a seed: the first step of mulberry32. */
function seeded(seed: number): number {
  const state = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

function split(value: string, separators: string): string[] {
  const parts = [""];
  for (const character of value) {
    if (separators.includes(character)) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.filter((part) => part !== "");
}

function text(value: Json): string {
  return typeof value === "string" ? value : refuse(`${excerpt(value)} is not a string`);
}

function short(value: string): string {
  return value.length <= TEXT_CHARACTERS
    ? value
    : refuse(`a text has at most ${TEXT_CHARACTERS} characters, not ${value.length}`);
}

function array(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : refuse(`${excerpt(value)} is not an array`);
}

/** Numbers are rounded, and stay within 32 bits. */
function integer(value: Json): number {
  if (typeof value !== "number") return refuse(`${excerpt(value)} is not a number`);
  const rounded = Math.round(value);
  return Math.abs(rounded + 0.5) < 2 ** 31 ? rounded : refuse(`${value} does not fit into 32 bits`);
}

function refuse(message: string): never {
  throw stateFailure("States.IntrinsicFailure", message);
}
