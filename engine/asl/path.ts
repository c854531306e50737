import type { Json } from "../../graph/graph.ts";
import { failure, invalidMachine, stateFailure } from "./errors.ts";
import type { TaskFailure } from "./errors.ts";
import { contextObject, readVariable } from "./execution.ts";
import type { Expression, Frame } from "./execution.ts";
import { isObject, parseJsonPath } from "./jsonpath.ts";
import type { JsonPath } from "./jsonpath.ts";

/** Reads a path in a state's input or, for `$$`, in the context object; undefined where nothing is there. */
export type Lookup = (input: Json, frame: Frame) => Json | undefined;

/** How a state fails where a path leads nowhere. */
export type Missing = (path: JsonPath, input: Json) => TaskFailure;

export function prepareLookup(text: string): Lookup {
  return lookupOf(parseJsonPath(text));
}

function lookupOf(path: JsonPath): Lookup {
  const { root, read } = path;
  if (root === "$") return read;
  if (root === "$$") return (_, frame) => read(contextObject(frame));
  const name = root.slice(1);
  return (_, frame) => {
    const value = readVariable(frame, name);
    return value === undefined ? undefined : read(value);
  };
}

/** A path whose value must be there. */
export function preparePath(text: string, missing: Missing = invalidPath): Expression {
  const path = parseJsonPath(text);
  const lookup = lookupOf(path);
  return (input, frame) => {
    const value = lookup(input, frame);
    if (value !== undefined) return value;
    throw missing(path, input);
  };
}

/** InputPath, OutputPath and the paths to numbers. */
function invalidPath(path: JsonPath, input: Json): TaskFailure {
  return stateFailure("States.Runtime", `Invalid path '${path.text}' : ${path.end(input)}`);
}

/** A payload template's field, and a Fail state's ErrorPath and CausePath. */
export function notInInput(field: string): Missing {
  return ({ text }, input) =>
    stateFailure(
      "States.Runtime",
      `The JSONPath '${text}' specified for the field '${field}' could not be found in the input '${written(input)}'`,
    );
}

interface NumberField {
  readonly literal: number | undefined;
  readonly path: string | undefined;
  readonly field: string;
  readonly kind?: "integer" | "float";
  /** Whether a path may lead to the number as text. */
  readonly isNumeral?: boolean;
  /** Why a value that was read cannot be taken; a literal of that kind is refused with the machine. */
  readonly refuse?: (value: number) => TaskFailure | undefined;
}

/** The two ways to give a number, as in TimeoutSeconds and TimeoutSecondsPath; undefined where neither is given. */
export function prepareNumber({
  literal,
  path,
  field,
  kind = "integer",
  isNumeral = false,
  refuse = (value) => negative(value, field),
}: NumberField): ((input: Json, frame: Frame) => number) | undefined {
  const fits = (value: Json): value is number =>
    typeof value === "number" && (kind === "float" || Number.isInteger(value));
  const numberOf = (value: Json) =>
    isNumeral && typeof value === "string" && NUMERAL.test(value) ? Number(value) : value;
  if (literal !== undefined) {
    if (path !== undefined) throw invalidMachine(`${field} and ${field}Path cannot both be given.`);
    if (!fits(literal)) throw invalidMachine(`${field} must be a number, not ${excerpt(literal)}.`);
    const refused = refuse(literal);
    if (refused) throw invalidMachine(`${field} cannot be ${literal}: ${refused.cause}`);
    return () => literal;
  }
  if (path === undefined) return undefined;
  const read = preparePath(path);
  return (input, frame) => {
    const value = numberOf(read(input, frame));
    if (!fits(value)) {
      const text = typeof value === "string" ? value : written(value);
      throw stateFailure(
        "States.Runtime",
        `The ${field}Path field refers to value "${text}" which is not a valid ${kind}: ${path}`,
      );
    }
    const refused = refuse(value);
    if (refused) throw refused;
    return value;
  };
}

const NUMERAL = /^-?\d+(\.\d+)?$/;

function negative(value: number, field: string): TaskFailure | undefined {
  return value < 0 ? stateFailure("States.Runtime", `${field} cannot be negative.`) : undefined;
}

/** Puts a value into an input at a reference path, as ResultPath does, without changing the input itself. */
export function preparePlacement(text: string): (input: Json, value: Json) => Json {
  const { reference, root } = parseJsonPath(text);
  if (reference === undefined || root !== "$")
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

function misplaced(text: string, node: Json | undefined): TaskFailure {
  return stateFailure(
    "States.ResultPathMatchFailure",
    `Unable to apply ReferencePath ${text} to input ${excerpt(node ?? null)}`,
  );
}

/** The items of a Map, which stand at a path. AWS says nothing of the state here. */
export function prepareItemsPath(text: string): (input: Json, frame: Frame) => readonly Json[] {
  const fail = () => failure("States.Runtime", `Reference path "${text}" must point to array.`);
  const read = preparePath(text, fail);
  return (input, frame) => {
    const items = read(input, frame);
    if (Array.isArray(items)) return items as readonly Json[];
    throw fail();
  };
}

/** A cause has room for 32,768 characters. Source: Step Functions API reference, ExecutionFailedEventDetails. */
const LONGEST_VALUE = 32_000;

/** A value's JSON, whole unless a cause has no room for it. */
function written(value: Json): string {
  return JSON.stringify(value).slice(0, LONGEST_VALUE);
}

/** A value's JSON, cut to what a person reads. */
export function excerpt(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
