import { describe, expect, test } from "vitest";
import type { Graph } from "../graph/graph.ts";
import { allStates } from "./all-states.ts";
import type { ChoiceState, MapState, TaskState } from "./asl.ts";
import { compile } from "./compile.ts";
import { account, foreach, graph, lambda, loop, step } from "./fixtures.ts";

describe("a foreach", () => {
  test.each([
    ["over one Batch step is one job", foreach("merge", [step("x")]), ["merge", "x", "merge.array", "merge.chunks"]],
    [
      "over a Lambda step is a Map, inline or distributed",
      foreach("merge", [lambda("x")]),
      ["merge", "merge.map", "merge.maprun"],
    ],
    ["with a concurrency is a Map", foreach("merge", [step("x")], 3), ["merge", "merge.map", "merge.maprun"]],
    [
      "over a loop that may be long is never inline",
      foreach("merge", [loop(1, [step("x")], 1_000)]),
      ["merge", "merge.maprun"],
    ],
    [
      "over foreachs that are Maps is never inline",
      foreach("merge", [foreach("inner", [step("x"), step("y")])]),
      ["merge", "merge.maprun"],
    ],
    [
      "over foreachs that are jobs may be",
      foreach("merge", [foreach("inner", [step("x")])]),
      ["merge", "merge.map", "merge.maprun"],
    ],
  ])("%s", (_, node, expected) => {
    expect(choicesOf(graph("F", step("start"), node), "merge")).toEqual(expected);
  });

  test.each([
    [undefined, undefined, 1_000],
    [7, 7, 7],
    [100, 40, 100],
    [20_000, 40, 10_000],
  ])("with concurrency %s runs %s iterations or %s executions at once", (concurrency, inline, distributed) => {
    const {
      machine: { States },
    } = compile(graph("F", step("start"), foreach("merge", [step("x"), step("y")], concurrency)), account);
    expect((States["merge.map"] as MapState).MaxConcurrency).toBe(inline);
    expect((States["merge.maprun"] as MapState).MaxConcurrency).toBe(distributed);
  });

  test("asks the bookkeeping function where it is what another's body begins with", () => {
    const flow = graph("F", foreach("outer", [foreach("inner", [step("x")])]));
    const [outer, inner] = ["outer.width", "inner.width"].map((name) => stateOf(flow, name).Resource);
    expect(outer).toContain("dynamodb:getItem");
    expect(inner).toContain("lambda:invoke");
  });

  test("reads its width consistently, under the node and the place", () => {
    expect(compile(graph("F", foreach("merge", [step("x")])), account).machine.States["merge.width"]).toMatchObject({
      Parameters: {
        TableName: "ledger",
        ConsistentRead: true,
        Key: { pk: { "S.$": "States.Format('{}#control#merge', $.run)" }, sk: { S: "0" } },
      },
    });
  });
});

function choicesOf(flow: Graph, join: string): string[] {
  const { Choices } = compile(flow, account).machine.States[`${join}.choice`] as ChoiceState;
  return Choices.map(({ Next }) => Next);
}

function stateOf(flow: Graph, name: string): TaskState {
  return Object.fromEntries(allStates(compile(flow, account).machine))[name] as TaskState;
}
