import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import type { Json } from "../../../graph/graph.ts";
import type { ItemProcessor, MapState } from "../../../statemachines/asl.ts";
import { TaskFailure, interpret } from "../interpreter.ts";
import type { Integrations } from "../interpreter.ts";

const body: ItemProcessor = {
  StartAt: "Do",
  States: { Do: { Type: "Task", Resource: "do", End: true } },
};
const distributed: ItemProcessor = {
  ...body,
  ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
};
const echo: Integrations = async (_, input) => input;

function run(state: Partial<MapState>, input: Json, integrations: Integrations = echo) {
  const map: MapState = { Type: "Map", ItemProcessor: body, ...state, End: true };
  return interpret({ StartAt: "Each", States: { Each: map, Hint: { Type: "Pass", End: true } } }, input, {
    integrations,
    execution: { id: "arn:run", name: "run" },
  });
}

/** Fails for the items given. */
const failing =
  (...bad: Json[]): Integrations =>
  async (_, input) => {
    if (bad.some((item) => isDeepStrictEqual(item, input))) throw new TaskFailure("E", `item ${JSON.stringify(input)}`);
    return input;
  };

const slowFirst: Integrations = async (_, input) => {
  if (input === 1) await new Promise((resolve) => setImmediate(resolve));
  return [input];
};

describe.each([
  ["inline", body],
  ["distributed", distributed],
])("an %s Map", (_mode, ItemProcessor) => {
  test("runs its body for each item and keeps their order", async () => {
    expect(await run({ ItemProcessor }, [1, 2, 3], slowFirst)).toMatchObject({
      output: [[1], [2], [3]],
    });
  });

  test("over no items gives an empty array", async () => {
    expect(await run({ ItemProcessor }, [])).toMatchObject({
      status: "SUCCEEDED",
      output: [],
      transitions: 1,
    });
  });

  test("finds its items at ItemsPath and gives each what ItemSelector makes", async () => {
    const ItemSelector = {
      "i.$": "$$.Map.Item.Index",
      "v.$": "$$.Map.Item.Value",
      "all.$": "$.name",
    };
    const result = await run(
      { ItemProcessor, ItemsPath: "$.list", ItemSelector, ResultPath: "$.out" },
      { list: ["a", "b"], name: "n" },
    );
    expect(result).toMatchObject({
      output: {
        name: "n",
        out: [
          { i: 0, v: "a", all: "n" },
          { i: 1, v: "b", all: "n" },
        ],
      },
    });
  });

  test.each<[Partial<MapState>, number]>([
    [{ MaxConcurrency: 3 }, 3],
    [{ MaxConcurrencyPath: "$[0]" }, 2],
    [{ MaxConcurrency: 1 }, 1],
  ])("runs no more at once than %j allows", async (limit, most) => {
    let running = 0;
    let seen = 0;
    await run({ ItemProcessor, ...limit }, [2, 2, 2, 2, 2, 2, 2], async () => {
      running += 1;
      seen = Math.max(seen, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return null;
    });
    expect(seen).toBe(most);
  });

  test("stops its other iterations when one fails, and starts no more", async () => {
    const called: Json[] = [];
    const signals: AbortSignal[] = [];
    const result = await run({ ItemProcessor, MaxConcurrency: 2 }, [1, 2, 3, 4], async (_, input, { signal }) => {
      called.push(input);
      signals.push(signal);
      if (input === 2) throw new TaskFailure("E", "");
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(null)));
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(result.status).toBe("FAILED");
    expect(called).toEqual([1, 2]);
    expect(signals[0]?.aborted).toBe(true);
  });

  test("of something that is no array fails the execution", async () => {
    expect(await run({ ItemProcessor }, { a: 1 })).toMatchObject({ error: "States.Runtime" });
  });

  test("of 10,000 items with two states each counts every transition", async () => {
    const two: ItemProcessor = {
      ...ItemProcessor,
      States: {
        Do: { Type: "Task", Resource: "do", Next: "Then" },
        Then: { Type: "Task", Resource: "then", End: true },
      },
    };
    const items = Array.from({ length: 10_000 }, (_, index) => index);
    expect(await run({ ItemProcessor: two, ResultPath: null }, items)).toMatchObject({
      status: "SUCCEEDED",
      transitions: 20_001,
    });
  });
});

test("an inline Map fails with its iteration's own error", async () => {
  expect(await run({}, [1, 2], failing(2))).toMatchObject({ error: "E", cause: "item 2" });
});

test("an inline iteration sees its item in the context object, at any depth", async () => {
  const inner: ItemProcessor = {
    StartAt: "In",
    States: {
      In: {
        Type: "Pass",
        Parameters: { "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value" },
        End: true,
      },
    },
  };
  const outer: ItemProcessor = {
    StartAt: "Out",
    States: { Out: { Type: "Map", ItemProcessor: inner, End: true } },
  };
  expect(await run({ ItemProcessor: outer }, [["a"], ["b", "c"]])).toMatchObject({
    output: [
      [{ i: 0, v: "a" }],
      [
        { i: 0, v: "b" },
        { i: 1, v: "c" },
      ],
    ],
  });
});

test("the older names Iterator and Parameters do the same", async () => {
  const old = {
    ItemProcessor: undefined,
    Iterator: body,
    Parameters: { "v.$": "$$.Map.Item.Value" },
  } as unknown as Partial<MapState>;
  expect(await run(old, [1])).toMatchObject({ output: [{ v: 1 }] });
});

describe("a distributed Map's child", () => {
  test("is an execution of its own", async () => {
    const about: ItemProcessor = {
      ...distributed,
      StartAt: "Say",
      States: {
        Say: {
          Type: "Pass",
          Parameters: { "in.$": "$$.Execution.Input", "id.$": "$$.Execution.Id" },
          End: true,
        },
      },
    };
    expect(await run({ ItemProcessor: about }, ["x"])).toMatchObject({
      output: [{ in: "x", id: "arn:run/Each:0" }],
    });
  });

  test("that fails ends the Map with States.ExceedToleratedFailureThreshold", async () => {
    const result = await run({ ItemProcessor: distributed }, [1, 2], failing(2));
    expect(result).toMatchObject({
      error: "States.ExceedToleratedFailureThreshold",
      cause: expect.stringContaining("item 2") as string,
    });
  });

  test.each<[Partial<MapState>, number, boolean]>([
    [{ ToleratedFailureCount: 2 }, 2, true],
    [{ ToleratedFailureCount: 2 }, 3, false],
    [{ ToleratedFailurePercentage: 30 }, 3, true],
    [{ ToleratedFailurePercentage: 30 }, 4, false],
    [{ ToleratedFailureCount: 9, ToleratedFailurePercentage: 30 }, 4, false],
    [{ ToleratedFailureCountPath: "$[2]" }, 2, true],
    [{ ToleratedFailurePercentagePath: "$[9]" }, 1, false],
  ])("%j with %i failures of 10: goes on %s", async (tolerance, count, goesOn) => {
    const items = Array.from({ length: 10 }, (_, index) => index);
    const result = await run({ ItemProcessor: distributed, ...tolerance }, items, failing(...items.slice(0, count)));
    expect(result.status).toBe(goesOn ? "SUCCEEDED" : "FAILED");
  });

  test("that fails and is tolerated leaves its error in the result", async () => {
    const result = await run({ ItemProcessor: distributed, ToleratedFailureCount: 1 }, [1, 2], failing(1));
    expect(result).toMatchObject({ output: [{ Error: "E", Cause: "item 1" }, 2] });
  });
});

describe("ItemBatcher", () => {
  test.each<[MapState["ItemBatcher"], Json[]]>([
    [{ MaxItemsPerBatch: 2 }, [{ Items: [1, 2] }, { Items: [3, 4] }, { Items: [5] }]],
    [{ MaxItemsPerBatchPath: "$[3]" }, [{ Items: [1, 2, 3, 4] }, { Items: [5] }]],
    [{ MaxInputBytesPerBatch: 18 }, [{ Items: [1, 2, 3] }, { Items: [4, 5] }]],
    [{ MaxItemsPerBatch: 5, BatchInput: { "n.$": "$[4]" } }, [{ BatchInput: { n: 5 }, Items: [1, 2, 3, 4, 5] }]],
  ])("%j groups 1 to 5", async (ItemBatcher, expected) => {
    expect(await run({ ItemProcessor: distributed, ItemBatcher }, [1, 2, 3, 4, 5])).toMatchObject({
      output: expected,
    });
  });

  test("counts every item of a batch that failed", async () => {
    const state: Partial<MapState> = {
      ItemProcessor: distributed,
      ItemBatcher: { MaxItemsPerBatch: 2 },
      ToleratedFailureCount: 3,
    };
    expect(await run(state, [1, 2, 3], failing({ Items: [1, 2] }, { Items: [3] }))).toMatchObject({
      status: "SUCCEEDED",
    });
    expect(await run(state, [1, 2, 3, 4], failing({ Items: [1, 2] }, { Items: [3, 4] }))).toMatchObject({
      status: "FAILED",
    });
  });
});
