import { describe, expect, test } from "vitest";
import type { Json } from "../../graph/graph.ts";
import type { ChoiceRule, StateMachine } from "../../statemachines/asl.ts";
import { interpret } from "./interpreter.ts";

function choose(rule: object, input: unknown) {
  const machine: StateMachine = {
    StartAt: "Choose",
    States: {
      Choose: { Type: "Choice", Choices: [{ ...rule, Next: "Yes" } as ChoiceRule], Default: "No" },
      Yes: { Type: "Pass", Result: true, End: true },
      No: { Type: "Pass", Result: false, End: true },
    },
  };
  return interpret(machine, input as Json, { integrations: async () => null });
}

const v = (operator: string, operand: unknown) => ({ Variable: "$.v", [operator]: operand });

describe("a rule holds or does not", () => {
  test.each<[rule: object, value: unknown, expected: boolean]>([
    [v("StringEquals", "a"), "a", true],
    [v("StringEquals", "a"), "A", false],
    [v("StringEquals", "1"), 1, false],
    [v("StringLessThan", "b"), "a", true],
    [v("StringLessThan", "a"), "a", false],
    [v("StringLessThanEquals", "a"), "a", true],
    [v("StringGreaterThan", "a"), "b", true],
    [v("StringGreaterThanEquals", "b"), "a", false],
    [v("NumericEquals", 1), 1, true],
    [v("NumericEquals", 1), "1", false],
    [v("NumericLessThan", 10), 9, true],
    [v("NumericLessThan", 10), 10, false],
    [v("NumericLessThanEquals", 10), 10, true],
    [v("NumericGreaterThan", 1.5), 1.6, true],
    [v("NumericGreaterThanEquals", 2), 1, false],
    [v("BooleanEquals", false), false, true],
    [v("BooleanEquals", true), "true", false],
    [v("TimestampEquals", "2026-01-01T00:00:00Z"), "2026-01-01T01:00:00+01:00", true],
    [v("TimestampLessThan", "2026-01-01T00:00:00Z"), "2025-12-31T23:59:59.999Z", true],
    [v("TimestampLessThanEquals", "2026-01-01T00:00:00Z"), "2026-01-01T00:00:00Z", true],
    [v("TimestampGreaterThan", "2026-01-01T00:00:00Z"), "2026-01-01T00:00:00Z", false],
    [v("TimestampGreaterThanEquals", "2026-01-01T00:00:00Z"), "not a time", false],
    [v("IsNull", true), null, true],
    [v("IsNull", false), 0, true],
    [v("IsPresent", true), null, true],
    [v("IsPresent", true), undefined, false],
    [v("IsPresent", false), undefined, true],
    [v("IsNumeric", true), 1, true],
    [v("IsNumeric", true), "1", false],
    [v("IsString", true), "1", true],
    [v("IsString", false), "1", false],
    [v("IsBoolean", true), false, true],
    [v("IsTimestamp", true), "2026-01-01T00:00:00Z", true],
    [v("IsTimestamp", true), "2026-01-01", false],
    [v("IsTimestamp", true), "2026-01-01t00:00:00z", false],
  ])("%j for %j: %s", async (rule, value, expected) => {
    expect(await choose(rule, { v: value })).toMatchObject({ output: expected });
  });
});

describe("StringMatches", () => {
  test.each([
    ["*.log", "zebra.log", true],
    ["*.log", "zebra.logs", false],
    ["log*", "log", true],
    ["a*b*c", "a--b--c", true],
    ["a*b*c", "a--c--b", false],
    ["a*ab", "ab", false],
    ["a*b*b*c", "a-b-c", false],
    ["*", "", true],
    ["**x", "x", true],
    ["exact", "exact", true],
    ["exact", "exactly", false],
    [String.raw`a\*`, "a*", true],
    [String.raw`a\*`, "ab", false],
    [String.raw`a\\*`, String.raw`a\b`, true],
    ["a.c", "abc", false],
  ])("%s for %s: %s", async (pattern, value, expected) => {
    expect(await choose(v("StringMatches", pattern), { v: value })).toMatchObject({
      output: expected,
    });
  });

  test("of something that is no text is false", async () => {
    expect(await choose(v("StringMatches", "*"), { v: 1 })).toMatchObject({ output: false });
  });

  test("takes no longer for a pattern made to be slow", async () => {
    const result = await choose(v("StringMatches", `${"a*".repeat(200)}b`), {
      v: "a".repeat(20_000),
    });
    expect(result).toMatchObject({ output: false });
  });
});

describe("a comparison with a path", () => {
  test.each<[operator: string, v: unknown, w: unknown, expected: boolean]>([
    ["StringEqualsPath", "a", "a", true],
    ["NumericLessThanPath", 1, 2, true],
    ["NumericGreaterThanEqualsPath", 1, 2, false],
    ["BooleanEqualsPath", true, true, true],
    ["TimestampLessThanPath", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", true],
    ["NumericEqualsPath", 1, "1", false],
  ])("%s of %j and %j: %s", async (operator, value, w, expected) => {
    expect(await choose(v(operator, "$.w"), { v: value, w })).toMatchObject({ output: expected });
  });
});

describe("And, Or and Not", () => {
  const isOne = v("NumericEquals", 1);
  const isText = v("IsString", true);
  test.each<[rule: object, value: unknown, expected: boolean]>([
    [{ And: [isOne, { Not: isText }] }, 1, true],
    [{ And: [isOne, isText] }, 1, false],
    [{ Or: [isOne, isText] }, "x", true],
    [{ Or: [isOne, isText] }, 2, false],
    [{ Not: { Or: [isOne, { And: [isText, v("StringEquals", "x")] }] } }, "y", true],
    [{ And: [v("IsPresent", true), isOne] }, undefined, false],
  ])("%j for %j: %s", async (rule, value, expected) => {
    expect(await choose(rule, { v: value })).toMatchObject({ output: expected });
  });
});

test("a Variable may be in the context object", async () => {
  expect(await choose({ Variable: "$$.State.Name", StringEquals: "Choose" }, {})).toMatchObject({
    output: true,
  });
});

test("a Variable that is not there fails the execution", async () => {
  expect(await choose(v("StringEquals", "a"), {})).toMatchObject({
    status: "FAILED",
    error: "States.Runtime",
  });
});

test("the first rule that holds is taken, and the input goes on unchanged", async () => {
  const machine: StateMachine = {
    StartAt: "Choose",
    States: {
      Choose: {
        Type: "Choice",
        Choices: [
          { ...v("NumericLessThan", 1), Next: "A" },
          { ...v("NumericLessThan", 5), Next: "B" },
          { ...v("NumericLessThan", 9), Next: "A" },
        ] as ChoiceRule[],
      },
      A: { Type: "Fail" },
      B: { Type: "Succeed" },
    },
  };
  const options = { integrations: async () => null };
  expect(await interpret(machine, { v: 3 }, options)).toMatchObject({
    status: "SUCCEEDED",
    output: { v: 3 },
  });
  expect(await interpret(machine, { v: 10 }, options)).toMatchObject({
    status: "FAILED",
    error: "States.NoChoiceMatched",
  });
});
