import { describe, expect, test } from "vitest";
import type { ParallelState, StateMap } from "../../../statemachines/asl.ts";
import { TaskFailure, interpret } from "../interpreter.ts";
import type { Integrations } from "../interpreter.ts";

const task = (Resource: string): StateMap => ({
  StartAt: Resource,
  States: {
    [Resource]: { Type: "Task", Resource, Next: `${Resource} after` },
    [`${Resource} after`]: { Type: "Task", Resource: `${Resource} after`, End: true },
  },
});
const single = (Resource: string): StateMap => ({
  StartAt: Resource,
  States: { [Resource]: { Type: "Task", Resource, End: true } },
});

function run(state: Partial<ParallelState>, integrations: Integrations) {
  const parallel: ParallelState = { Type: "Parallel", Branches: [], ...state, End: true };
  return interpret(
    { StartAt: "All", States: { All: parallel, Hint: { Type: "Pass", End: true } } },
    { a: 1 },
    { integrations },
  );
}

test("every branch gets the same input, and the result has their outputs in order", async () => {
  const result = await run({ Branches: [single("x"), single("y")] }, async (resource, input) => [resource, input]);
  expect(result).toMatchObject({
    output: [
      ["x", { a: 1 }],
      ["y", { a: 1 }],
    ],
  });
});

test("Parameters, ResultSelector and ResultPath do as they do for a task", async () => {
  const Parameters = { "b.$": "$.a" };
  const ResultSelector = { "first.$": "$[0].b" };
  const result = await run(
    { Branches: [single("x")], Parameters, ResultSelector, ResultPath: "$.r" },
    async (_, input) => input,
  );
  expect(result).toMatchObject({ output: { a: 1, r: { first: 1 } } });
});

test("a machine is refused where a Parallel has no branches", async () => {
  await expect(run({}, async () => null)).rejects.toMatchObject({ code: "machine.invalid" });
});

const failing: Integrations = async (resource, _, { signal }) => {
  if (resource === "bad") throw new TaskFailure("E", "because");
  await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
  return null;
};

describe("when a branch fails", () => {
  test("the state fails with that branch's error", async () => {
    expect(await run({ Branches: [task("slow"), task("bad")] }, failing)).toMatchObject({
      status: "FAILED",
      error: "E",
      cause: "because",
    });
  });

  test("the other branches' tasks are told to stop, and none of their states starts", async () => {
    const called: string[] = [];
    let signal: AbortSignal | undefined;
    const integrations: Integrations = async (resource, input, context) => {
      called.push(resource);
      if (resource === "slow") signal = context.signal;
      return resource === "slow"
        ? new Promise((resolve) => context.signal.addEventListener("abort", () => resolve(null)))
        : failing(resource, input, context);
    };
    await run({ Branches: [task("slow"), task("bad")] }, integrations);
    await new Promise((resolve) => setImmediate(resolve));
    expect(signal?.aborted).toBe(true);
    expect(called).toEqual(["slow", "bad"]);
  });

  test.each(["E", "States.BranchFailed", "States.TaskFailed", "States.ALL"])("%s catches it", async (name) => {
    const result = await run(
      { Branches: [task("slow"), task("bad")], Catch: [{ ErrorEquals: [name], Next: "Hint" }] },
      failing,
    );
    expect(result).toMatchObject({
      status: "SUCCEEDED",
      output: { Error: "E", Cause: "because" },
    });
  });

  test("a retry runs all branches anew", async () => {
    let attempts = 0;
    const integrations: Integrations = async () => {
      attempts += 1;
      if (attempts === 2) throw new TaskFailure("E", "");
      return attempts;
    };
    const Retry = [{ ErrorEquals: ["E"], IntervalSeconds: 0 }];
    expect(await run({ Branches: [single("x"), single("y")], Retry }, integrations)).toMatchObject({
      output: [3, 4],
    });
  });
});

test("a Fail state in a branch is an error that the Parallel can catch", async () => {
  const branch: StateMap = { StartAt: "No", States: { No: { Type: "Fail", Error: "Mine" } } };
  const result = await run({ Branches: [branch], Catch: [{ ErrorEquals: ["Mine"], Next: "Hint" }] }, async () => null);
  expect(result).toMatchObject({ status: "SUCCEEDED" });
});
