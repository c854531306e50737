import type { Json } from "../../graph/graph.ts";
import { failure, invalidMachine } from "./errors.ts";
import type { StatesError } from "./errors.ts";
import { contextObject } from "./execution.ts";
import type { Expression, Frame } from "./execution.ts";
import { isObject, parseJsonPath } from "./jsonpath.ts";

/** Reads a path in a state's input or, for `$$`, in the context object; undefined where nothing is there. */
export type Lookup = (input: Json, frame: Frame) => Json | undefined;

export function prepareLookup(text: string): Lookup {
  const path = parseJsonPath(text);
  return path.root === "$" ? path.read : (_, frame) => path.read(contextObject(frame));
}

/** A path whose value must be there: else the state fails with `error`, saying which `field` asked for it. */
export function preparePath(text: string, field: string, error: StatesError = "States.Runtime"): Expression {
  const lookup = prepareLookup(text);
  return (input, frame) => {
    const value = lookup(input, frame);
    if (value !== undefined) return value;
    throw failure(error, `The JSONPath '${text}' of ${field} names nothing in ${excerpt(input)}`);
  };
}

/** The two ways to give a number, as in TimeoutSeconds and TimeoutSecondsPath; undefined where neither is given. */
export function prepareNumber(
  literal: number | undefined,
  path: string | undefined,
  field: string,
): ((input: Json, frame: Frame) => number) | undefined {
  if (path === undefined) return literal === undefined ? undefined : () => literal;
  if (literal !== undefined) throw invalidMachine(`${field} and ${field}Path cannot both be given.`);
  const read = preparePath(path, `${field}Path`);
  return (input, frame) => {
    const value = read(input, frame);
    if (typeof value === "number" && value >= 0) return value;
    throw failure("States.Runtime", `${field}Path '${path}' must name a non-negative number, not ${excerpt(value)}`);
  };
}

/** Puts a value into an input at a reference path, as ResultPath does, without changing the input itself. */
export function preparePlacement(text: string): (input: Json, value: Json) => Json {
  const { reference, root } = parseJsonPath(text);
  if (reference === undefined || root === "$$")
    throw invalidMachine(`ResultPath "${text}" must name one place in the input.`);
  const place = (node: Json | undefined, depth: number, value: Json): Json => {
    const key = reference[depth];
    if (key === undefined) return value;
    if (typeof key === "number") {
      if (!Array.isArray(node) || key >= node.length) throw misplaced(text, node);
      return (node as readonly Json[]).with(key, place((node as readonly Json[])[key], depth + 1, value));
    }
    if (node !== undefined && !isObject(node)) throw misplaced(text, node);
    const child = node !== undefined && Object.hasOwn(node, key) ? node[key] : undefined;
    return { ...node, [key]: place(child, depth + 1, value) };
  };
  return (input, value) => place(input, 0, value);
}

function misplaced(text: string, node: Json | undefined): Error {
  return failure("States.ResultPathMatchFailure", `ResultPath '${text}' does not fit ${excerpt(node ?? null)}`);
}

/** A value's JSON, cut to what a person reads. */
export function excerpt(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
