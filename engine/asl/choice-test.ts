import type { Json } from "../../graph/graph.ts";
import type { ChoiceTest } from "../../statemachines/asl.ts";
import { invalidMachine, stateFailure } from "./errors.ts";
import type { Frame } from "./execution.ts";
import { prepareLookup, preparePath } from "./path.ts";
import type { Missing } from "./path.ts";
import { checkTimestamp, timestampMilliseconds } from "./timestamp.ts";

export type Test = (input: Json, frame: Frame) => boolean;

type Compare = (value: Json, with_: Json) => boolean;

/**
 * A rule of a Choice state. A comparison of the wrong type is false; a Variable that is not there fails the state with
 * States.Runtime, except under IsPresent.
 */
export function prepareTest(rule: ChoiceTest): Test {
  if ("And" in rule) {
    const tests = someTests(rule.And, "And");
    return (input, frame) => tests.every((test) => test(input, frame));
  }
  if ("Or" in rule) {
    const tests = someTests(rule.Or, "Or");
    return (input, frame) => tests.some((test) => test(input, frame));
  }
  if ("Not" in rule) {
    const test = prepareTest(rule.Not);
    return (input, frame) => !test(input, frame);
  }
  if ("Condition" in rule) throw invalidMachine("Condition is JSONata's: a JSONPath rule has a Variable.");
  const { Variable: variable, ...rest } = rule as { Variable: string } & Record<string, Json>;
  const operators = Object.keys(rest).filter((key) => !["Next", "Comment", "Assign"].includes(key));
  const [operator] = operators;
  if (operator === undefined || operators.length > 1 || typeof variable !== "string") {
    throw invalidMachine(`A choice rule has a Variable and one operator, not ${JSON.stringify(rule)}.`);
  }
  return prepareComparison(variable, operator, rest[operator]!);
}

function someTests(rules: readonly ChoiceTest[], name: string): Test[] {
  if (rules.length === 0) throw invalidMachine(`${name} must have a rule in it.`);
  return rules.map(prepareTest);
}

function prepareComparison(variable: string, operator: string, operand: Json): Test {
  if (operator === "IsPresent") {
    const lookup = prepareLookup(variable);
    return (input, frame) => (lookup(input, frame) !== undefined) === operand;
  }
  const read = preparePath(variable, noSuchValue);
  const kind = Object.hasOwn(KINDS, operator) ? KINDS[operator] : undefined;
  if (kind !== undefined) return (input, frame) => kind(read(input, frame)) === operand;
  if (operator === "StringMatches") {
    const matches = preparePattern(String(operand));
    return (input, frame) => matches(read(input, frame));
  }
  const byPath = operator.endsWith("Path");
  const name = byPath ? operator.slice(0, -"Path".length) : operator;
  const compare = Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name] : undefined;
  if (compare === undefined) throw invalidMachine(`${operator} is not a comparison.`);
  if (name.startsWith("Timestamp") && !byPath) checkTimestamp(operand);
  if (!byPath) return (input, frame) => compare(read(input, frame), operand);
  const readOperand = preparePath(String(operand), noSuchValue);
  return (input, frame) => compare(read(input, frame), readOperand(input, frame));
}

const noSuchValue: Missing = ({ text }) =>
  stateFailure(
    "States.Runtime",
    `Invalid path '${text}': The choice state's condition path references an invalid value.`,
  );

const KINDS: Readonly<Record<string, (value: Json) => boolean>> = {
  IsNull: (value) => value === null,
  IsNumeric: (value) => typeof value === "number",
  IsString: (value) => typeof value === "string",
  IsBoolean: (value) => typeof value === "boolean",
  IsTimestamp: (value) => timestampMilliseconds(value) !== undefined,
};

const ORDERS: Readonly<Record<string, (left: number | string, right: number | string) => boolean>> = {
  Equals: (left, right) => left === right,
  LessThan: (left, right) => left < right,
  LessThanEquals: (left, right) => left <= right,
  GreaterThan: (left, right) => left > right,
  GreaterThanEquals: (left, right) => left >= right,
};

const COMPARISONS: Readonly<Record<string, Compare>> = {
  BooleanEquals: (value, operand) => typeof value === "boolean" && value === operand,
  ...comparisonsOf("String", (value) => (typeof value === "string" ? value : undefined)),
  ...comparisonsOf("Numeric", (value) => (typeof value === "number" ? value : undefined)),
  ...comparisonsOf("Timestamp", timestampMilliseconds),
};

/** The five orders of one kind of value, where `read` gives undefined for a value of another kind. */
function comparisonsOf(kind: string, read: (value: Json) => number | string | undefined): Record<string, Compare> {
  const comparisons = Object.entries(ORDERS).map(([order, compare]): [string, Compare] => [
    kind + order,
    (value, operand) => {
      const left = read(value);
      const right = read(operand);
      return left !== undefined && right !== undefined && compare(left, right);
    },
  ]);
  return Object.fromEntries(comparisons);
}

/**
 * StringMatches: `*` is any text, `\*` a star, `\\` a backslash. Each text between stars is looked for after the one
 * before it, so no pattern takes more than one pass for each star.
 */
function preparePattern(pattern: string): (value: Json) => boolean {
  const parts = [""];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === "*") parts.push("");
    else parts[parts.length - 1] += character === "\\" ? pattern.charAt((at += 1)) : character;
  }
  const first = parts[0]!;
  const last = parts.at(-1)!;
  const middle = parts.slice(1, -1);
  if (parts.length === 1) return (value) => value === first;
  return (value) => {
    if (typeof value !== "string" || !value.startsWith(first) || !value.endsWith(last)) return false;
    let from = first.length;
    for (const part of middle) {
      const found = value.indexOf(part, from);
      if (found < 0) return false;
      from = found + part.length;
    }
    return from <= value.length - last.length;
  };
}
