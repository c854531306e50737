import { describe, expect, test } from "vitest";
import type { Json } from "../../graph/graph.ts";
import type { State } from "../../statemachines/asl.ts";
import { interpret } from "./interpreter.ts";

/** Runs one state; a Task answers `answer`, and what it was given is `seen`. */
async function run(state: object, input: Json, answer: Json = null) {
  let seen: Json | undefined;
  const result = await interpret({ StartAt: "S", States: { S: { End: true, ...state } as State } }, input, {
    integrations: async (_, payload) => {
      seen = payload;
      return answer;
    },
    execution: {
      id: "arn:1",
      name: "one",
      startTime: "2026-01-02T03:04:05.000Z",
      stateMachine: { id: "arn:m", name: "m" },
    },
    clock: { now: () => 0, sleep: async () => {} },
  });
  return { result, seen, output: result.status === "SUCCEEDED" ? result.output : undefined };
}

const task = (fields: object) => ({ Type: "Task", Resource: "call", ...fields });

describe("what a task is given", () => {
  test.each<[what: string, fields: object, input: Json, seen: Json]>([
    ["everything, by default", {}, { a: 1 }, { a: 1 }],
    ["the part at InputPath", { InputPath: "$.a" }, { a: [1] }, [1]],
    ["an empty object for an InputPath of null", { InputPath: null }, { a: 1 }, {}],
    ["a part of the context object", { InputPath: "$$.Execution.Name" }, {}, "one"],
    ["Parameters as they stand", { Parameters: { a: [1, { b: null }] } }, {}, { a: [1, { b: null }] }],
    [
      "Parameters with values from the input",
      { Parameters: { "x.$": "$.a.b", y: 2 } },
      { a: { b: 1 } },
      { x: 1, y: 2 },
    ],
    ["Parameters after InputPath", { InputPath: "$.a", Parameters: { "x.$": "$.b" } }, { a: { b: 1 } }, { x: 1 }],
    [
      "templates deep inside arrays",
      { Parameters: { l: [{ "x.$": "$.a" }, [{ "y.$": "$.a" }], "$.a"] } },
      { a: 1 },
      { l: [{ x: 1 }, [{ y: 1 }], "$.a"] },
    ],
    ["a whole input under one name", { Parameters: { "all.$": "$" } }, { a: 1 }, { all: { a: 1 } }],
    [
      "values from the context object",
      {
        Parameters: {
          "n.$": "$$.State.Name",
          "m.$": "$$.StateMachine.Name",
          "t.$": "$$.State.EnteredTime",
        },
      },
      {},
      { n: "S", m: "m", t: "1970-01-01T00:00:00.000Z" },
    ],
    [
      "the execution's input from anywhere",
      { InputPath: "$.a", Parameters: { "e.$": "$$.Execution.Input" } },
      { a: 1 },
      { e: { a: 1 } },
    ],
    ["a null from the input", { Parameters: { "x.$": "$.a" } }, { a: null }, { x: null }],
  ])("is %s", async (_, fields, input, expected) => {
    expect((await run(task(fields), input)).seen).toEqual(expected);
  });
});

describe("what becomes of a task's result", () => {
  const input = { a: 1, deep: { b: 2 }, list: [1, 2] };
  test.each<[what: string, fields: object, output: Json]>([
    ["the output, by default", {}, { r: 5 }],
    ["a new field at ResultPath", { ResultPath: "$.x" }, { ...input, x: { r: 5 } }],
    ["a new field in new objects", { ResultPath: "$.x.y" }, { ...input, x: { y: { r: 5 } } }],
    ["a field among others", { ResultPath: "$.deep.c" }, { ...input, deep: { b: 2, c: { r: 5 } } }],
    ["an item of an array in the place of another", { ResultPath: "$.list[1]" }, { ...input, list: [1, { r: 5 }] }],
    ["nothing for a ResultPath of null", { ResultPath: null }, input],
    [
      "reshaped by ResultSelector",
      { ResultSelector: { "v.$": "$.r", n: 1 }, ResultPath: "$.x" },
      { ...input, x: { v: 5, n: 1 } },
    ],
    ["cut by OutputPath", { ResultPath: "$.x", OutputPath: "$.x.r" }, 5],
    ["an empty object for an OutputPath of null", { OutputPath: null }, {}],
    [
      "put into the input as it came, whatever InputPath says",
      { InputPath: "$.deep", ResultPath: "$.x" },
      { ...input, x: { r: 5 } },
    ],
  ])("is %s", async (_, fields, expected) => {
    expect((await run(task(fields), input, { r: 5 })).output).toEqual(expected);
    expect(input).toEqual({ a: 1, deep: { b: 2 }, list: [1, 2] });
  });
});

describe("a Pass state", () => {
  test.each<[fields: object, output: Json]>([
    [{}, { a: 1 }],
    [{ Result: { b: 2 } }, { b: 2 }],
    [
      { Result: { b: 2 }, ResultPath: "$.c" },
      { a: 1, c: { b: 2 } },
    ],
    [{ Parameters: { "b.$": "$.a" } }, { b: 1 }],
    [
      { Parameters: { "b.$": "$.a" }, ResultPath: "$.c" },
      { a: 1, c: { b: 1 } },
    ],
    [
      { InputPath: "$.a", ResultPath: "$.c" },
      { a: 1, c: 1 },
    ],
    [{ Result: null }, null],
  ])("with %j", async (fields, expected) => {
    expect((await run({ Type: "Pass", ...fields }, { a: 1 })).output).toEqual(expected);
  });

  test("can write a field called __proto__ without harm", async () => {
    const { output } = await run(
      {
        Type: "Pass",
        Parameters: JSON.parse('{"__proto__": {"a.$": "$.a"}}') as Json,
        ResultPath: "$.__proto__",
      },
      { a: 1 },
    );
    expect(JSON.stringify(output)).toBe('{"a":1,"__proto__":{"__proto__":{"a":1}}}');
  });
});

describe("a state fails", () => {
  test.each<[error: string, fields: object, input: Json]>([
    ["States.Runtime", { Parameters: { "x.$": "$.missing" } }, {}],
    ["States.Runtime", { ResultSelector: { "x.$": "$.missing" } }, {}],
    ["States.Runtime", { InputPath: "$.missing" }, {}],
    ["States.Runtime", { OutputPath: "$.missing" }, {}],
    ["States.ResultPathMatchFailure", { ResultPath: "$.a.b" }, { a: 1 }],
    ["States.ResultPathMatchFailure", { ResultPath: "$.a" }, "text"],
    ["States.ResultPathMatchFailure", { ResultPath: "$.a" }, [1]],
    ["States.ResultPathMatchFailure", { ResultPath: "$.a.b" }, { a: null }],
    ["States.ResultPathMatchFailure", { ResultPath: "$.a[1]" }, { a: [0] }],
  ])("with %s for %j on %j", async (error, fields, input) => {
    expect((await run(task(fields), input, {})).result).toMatchObject({ status: "FAILED", error });
  });
});

describe("a payload of more than 256 KiB ends in States.DataLimitExceeded", () => {
  const big = "x".repeat(200_000);
  const tooBig = "x".repeat(262_143);
  test.each<[where: string, fields: object, input: Json, answer: Json]>([
    ["a task's result", {}, {}, tooBig],
    ["what Parameters make", { Parameters: { "a.$": "$.x", "b.$": "$.x" } }, { x: big }, null],
    ["a result put into its input", { ResultPath: "$.y" }, { x: big }, big],
    ["the execution's input", {}, tooBig, null],
    ["many short texts", {}, {}, Array.from({ length: 30_000 }, () => "12345678")],
  ])("%s", async (_, fields, input, answer) => {
    expect((await run(task(fields), input, answer)).result).toMatchObject({
      error: "States.DataLimitExceeded",
    });
  });

  test("while exactly 256 KiB is carried", async () => {
    const most = "x".repeat(262_142);
    expect((await run(task({}), {}, most)).output).toBe(most);
  });

  test("and characters count as their bytes in UTF-8", async () => {
    expect((await run(task({}), {}, "é".repeat(131_072))).result).toMatchObject({
      error: "States.DataLimitExceeded",
    });
    expect((await run(task({}), {}, "é".repeat(131_000))).result).toMatchObject({
      status: "SUCCEEDED",
    });
  });
});
