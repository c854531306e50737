import type { Json, JsonObject } from "../../graph/graph.ts";
import { notAPath, parseQuoted } from "./cursor.ts";
import type { Cursor } from "./cursor.ts";
import { invalidMachine } from "./errors.ts";
import { parseFilter } from "./jsonpath-filter.ts";

/** A JSONPath, parsed. `$$` has the context object for its root, `$name` a variable. */
export interface JsonPath {
  readonly text: string;
  readonly root: "$" | "$$" | `$${string}`;
  /** Whether it can only name one place: names and non-negative indices. The language's Reference Path. */
  readonly reference: readonly (string | number)[] | undefined;
  /** The value there, undefined where there is none; a path that can name many places answers an array, if need be empty. */
  read(root: Json): Json | undefined;
  /** Where a path that leads nowhere ends, in the words of AWS. */
  end(root: Json): string;
}

type Segment =
  | { readonly type: "name"; readonly name: string }
  | { readonly type: "index"; readonly index: number }
  | { readonly type: "indices"; readonly indices: readonly number[] }
  | { readonly type: "slice"; readonly start: number; readonly end: number; readonly step: number }
  | { readonly type: "wildcard" }
  | { readonly type: "descendants" }
  | { readonly type: "filter"; readonly test: (item: Json, root: Json) => boolean };

/** Parses a whole text; throws MillraceError `machine.invalid` where it is no path. */
export function parseJsonPath(text: string): JsonPath {
  const root = /^\$(\$|[A-Za-z_]\w*)?/.exec(text)?.[0] as JsonPath["root"] | undefined;
  if (root === undefined) throw invalidMachine(`"${text}" is not a JSONPath: it must start with $.`);
  const cursor = { text, at: root.length };
  const segments = parseSegments(cursor);
  if (cursor.at < text.length) throw notAPath(cursor);
  const reference = referenceOf(segments);
  const nothing = segments.every(isSingle) ? undefined : [];
  return {
    text,
    root,
    reference,
    read: reference === undefined ? (value) => select(value, segments) ?? nothing : (value) => follow(value, reference),
    end: (value) => endOf(value, reference ?? []),
  };
}

function isSingle({ type }: Segment): boolean {
  return type === "name" || type === "index";
}

/** `No results for path: $['a']['b']` where the last key is missing, else which property on the way is. */
function endOf(root: Json, path: readonly (string | number)[]): string {
  const missing = path.findIndex((_, index) => follow(root, path.slice(0, index + 1)) === undefined);
  const written = path.slice(0, missing + 1).map((key) => (typeof key === "number" ? `[${key}]` : `['${key}']`));
  const place = `$${written.join("")}`;
  return missing < path.length - 1 ? `Missing property in path ${place}` : `No results for path: ${place}`;
}

/** Every segment from the cursor on, up to the first character that can belong to none. */
function parseSegments(cursor: Cursor): Segment[] {
  const segments: Segment[] = [];
  for (;;) {
    const { text, at } = cursor;
    if (text.startsWith("..", at)) {
      segments.push({ type: "descendants" });
      cursor.at += text[at + 2] === "[" ? 2 : 1;
    } else if (text.startsWith(".*", at)) {
      segments.push({ type: "wildcard" });
      cursor.at += 2;
    } else if (text[at] === ".") {
      cursor.at += 1;
      segments.push({ type: "name", name: parseName(cursor) });
    } else if (text[at] === "[") {
      cursor.at += 1;
      segments.push(parseBracket(cursor));
    } else {
      return segments;
    }
  }
}

/** The path from the cursor on, as what it selects. */
function parseSelection(cursor: Cursor): (root: Json) => Json | undefined {
  const segments = parseSegments(cursor);
  return (root) => select(root, segments);
}

/** The value that segments select in `root`, as JsonPath.read does. */
function select(root: Json, segments: readonly Segment[]): Json | undefined {
  let nodes: readonly Json[] = [root];
  let many = false;
  for (const segment of segments) {
    const single = isSingle(segment);
    const next: Json[] = [];
    for (const node of nodes) step(node, segment, root, next);
    if (!many && single && next.length === 0) return undefined;
    nodes = next;
    many ||= !single;
  }
  return many ? nodes : nodes[0];
}

function follow(root: Json, path: readonly (string | number)[]): Json | undefined {
  let value: Json | undefined = root;
  for (const key of path) {
    value =
      typeof key === "string" ? field(value, key) : Array.isArray(value) ? (value as readonly Json[])[key] : undefined;
    if (value === undefined) return undefined;
  }
  return value;
}

// oxlint-disable-next-line eslint/max-params -- called for every node that a path comes by
function step(node: Json, segment: Segment, root: Json, found: Json[]): void {
  const push = (value: Json | undefined) => {
    if (value !== undefined) found.push(value);
  };
  const items = Array.isArray(node) ? (node as readonly Json[]) : undefined;
  switch (segment.type) {
    case "name":
      return push(field(node, segment.name));
    case "index":
      return push(items?.at(segment.index));
    case "indices":
      return segment.indices.forEach((index) => push(items?.at(index)));
    case "slice":
      return items && slice(items, segment).forEach(push);
    case "wildcard":
      return children(node).forEach(push);
    case "descendants":
      push(node);
      return children(node).forEach((child) => step(child, segment, root, found));
    case "filter":
      return (items ?? [node]).forEach((item) => segment.test(item, root) && found.push(item));
  }
}

function slice(items: readonly Json[], { start, end, step: stride }: Segment & { type: "slice" }): Json[] {
  const part = items.slice(start, end);
  return stride === 1 ? part : part.filter((_, index) => index % stride === 0);
}

function children(node: Json): readonly Json[] {
  if (Array.isArray(node)) return node as readonly Json[];
  return typeof node === "object" && node !== null ? Object.values(node) : [];
}

function field(node: Json | undefined, name: string): Json | undefined {
  return isObject(node) && Object.hasOwn(node, name) ? node[name] : undefined;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function referenceOf(segments: readonly Segment[]): (string | number)[] | undefined {
  const keys: (string | number)[] = [];
  for (const segment of segments) {
    if (segment.type === "name") keys.push(segment.name);
    else if (segment.type === "index" && segment.index >= 0) keys.push(segment.index);
    else return undefined;
  }
  return keys;
}

/** A name after a dot: up to the next dot or bracket; a backslash makes any character part of it. */
function parseName(cursor: Cursor): string {
  let name = "";
  for (; cursor.at < cursor.text.length; cursor.at += 1) {
    const character = cursor.text.charAt(cursor.at);
    if (character === "\\") name += cursor.text.charAt((cursor.at += 1));
    else if (/[.[\]()'",?@*\s=<>!&|]/.test(character)) break;
    else name += character;
  }
  if (name === "") throw notAPath(cursor);
  return name;
}

function parseBracket(cursor: Cursor): Segment {
  const { text } = cursor;
  const start = cursor.at;
  if (text[start] === "?") {
    cursor.at += 1;
    const test = parseFilter(cursor, parseSelection);
    close(cursor);
    return { type: "filter", test };
  }
  if (text[start] === "'" || text[start] === '"') {
    const name = parseQuoted(cursor);
    close(cursor);
    return { type: "name", name };
  }
  const end = text.indexOf("]", start);
  const inside = text.slice(start, end).trim();
  if (end < 0) throw notAPath(cursor);
  cursor.at = end + 1;
  if (inside === "*") return { type: "wildcard" };
  if (/^-?\d+$/.test(inside)) return { type: "index", index: Number(inside) };
  if (/^-?\d+(\s*,\s*-?\d+)+$/.test(inside)) return { type: "indices", indices: inside.split(",").map(Number) };
  const range = /^(-?\d+)?\s*:\s*(-?\d+)?(?:\s*:\s*([1-9]\d*))?$/.exec(inside);
  if (range === null) throw notAPath({ text, at: start });
  return {
    type: "slice",
    start: Number(range[1] ?? 0),
    end: Number(range[2] ?? Number.MAX_SAFE_INTEGER),
    step: Number(range[3] ?? 1),
  };
}

function close(cursor: Cursor): void {
  if (cursor.text[cursor.at] !== "]") throw notAPath(cursor);
  cursor.at += 1;
}
