import type { Json } from "../../graph/graph.ts";
import { notAPath, parseQuoted, skipSpace, take } from "./cursor.ts";
import type { Cursor } from "./cursor.ts";

type Operand = (item: Json, root: Json) => Json | undefined;
type ParsePath = (cursor: Cursor) => (root: Json) => Json | undefined;
type Test = (item: Json, root: Json) => boolean;

/**
 * The condition of a filter, `[?(@.price < 10 && @.tag)]`, from after the question mark up to the closing bracket:
 * `== != < <= > >=` between paths (`@` the item, `$` the whole), strings, numbers, booleans and null; a path alone asks
 * whether it is there; `&&`, `||`, `!` and brackets. `parsePath` reads what follows `@` or `$`.
 */
export function parseFilter(cursor: Cursor, parsePath: ParsePath): Test {
  const test = parseOr(cursor, parsePath);
  skipSpace(cursor);
  return test;
}

function parseOr(cursor: Cursor, parsePath: ParsePath): Test {
  const tests = [parseAnd(cursor, parsePath)];
  while (take(cursor, "||")) tests.push(parseAnd(cursor, parsePath));
  return tests.length === 1 ? tests[0]! : (item, root) => tests.some((test) => test(item, root));
}

function parseAnd(cursor: Cursor, parsePath: ParsePath): Test {
  const tests = [parseUnary(cursor, parsePath)];
  while (take(cursor, "&&")) tests.push(parseUnary(cursor, parsePath));
  return tests.length === 1 ? tests[0]! : (item, root) => tests.every((test) => test(item, root));
}

function parseUnary(cursor: Cursor, parsePath: ParsePath): Test {
  if (take(cursor, "!")) {
    const test = parseUnary(cursor, parsePath);
    return (item, root) => !test(item, root);
  }
  if (take(cursor, "(")) {
    const test = parseOr(cursor, parsePath);
    if (!take(cursor, ")")) throw notAPath(cursor);
    return test;
  }
  return parseComparison(cursor, parsePath);
}

const OPERATORS: readonly (readonly [string, (left: Json | undefined, right: Json | undefined) => boolean])[] = [
  ["==", (left, right) => left === right],
  ["!=", (left, right) => left !== right],
  ["<=", ordered((left, right) => left <= right)],
  [">=", ordered((left, right) => left >= right)],
  ["<", ordered((left, right) => left < right)],
  [">", ordered((left, right) => left > right)],
];

function parseComparison(cursor: Cursor, parsePath: ParsePath): Test {
  const left = parseOperand(cursor, parsePath);
  for (const [symbol, compare] of OPERATORS) {
    if (take(cursor, symbol)) {
      const right = parseOperand(cursor, parsePath);
      return (item, root) => compare(left(item, root), right(item, root));
    }
  }
  return (item, root) => left(item, root) !== undefined;
}

function parseOperand(cursor: Cursor, parsePath: ParsePath): Operand {
  skipSpace(cursor);
  const first = cursor.text[cursor.at];
  if (first === "@" || first === "$") {
    cursor.at += 1;
    const path = parsePath(cursor);
    return first === "@" ? (item) => path(item) : (_, root) => path(root);
  }
  if (first === "'" || first === '"') {
    const text = parseQuoted(cursor);
    return () => text;
  }
  const literal = /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)/.exec(cursor.text.slice(cursor.at))?.[0];
  if (literal === undefined) throw notAPath(cursor);
  cursor.at += literal.length;
  const value = JSON.parse(literal) as Json;
  return () => value;
}

function ordered(compare: (left: string | number, right: string | number) => boolean) {
  return (left: Json | undefined, right: Json | undefined): boolean =>
    ((typeof left === "number" && typeof right === "number") ||
      (typeof left === "string" && typeof right === "string")) &&
    compare(left, right);
}
