import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { flow } from "../sdk/index.ts";
import { definitionOf } from "../sdk/language/definition.ts";
import type { AnyFlow } from "../sdk/language/language.ts";
import { memoryBlobs } from "../tasks/fixtures.ts";
import { GRACE_MILLISECONDS, runTask, type Task } from "./task.ts";

const { blobs, pack, unpack } = memoryBlobs();

function taskOf(step: string, base: object = {}, over: Partial<Task> = {}): Task {
  return {
    flow: "Flow",
    run: 7,
    step,
    index: "0",
    attempt: 1,
    last: true,
    tags: ["nightly"],
    parameters: {},
    base: pack({ ...base }),
    items: {},
    ...over,
  };
}

const run = (one: AnyFlow, task: Task) => runTask(definitionOf(one), task, blobs);
const outcomeOf = (one: AnyFlow, task: Task) => run(one, task).outcome;

describe("a handler", () => {
  test("sees its artifacts, its item and its place, and leaves what it returns", async () => {
    let seen: object = {};
    const wide = flow("Flow")
      .step("load", () => ({ rows: [1, 2], scale: 10 }))
      .foreach("rows", { as: "row" }, (each) =>
        each.step("fit", ({ row, scale }, { flow, run, step, task, index, attempt, tags }) => {
          seen = { flow, run, step, task, index, attempt, tags };
          return { fitted: row * scale };
        }),
      )
      .join("merge", () => ({}));
    const task = taskOf("fit", { scale: 10, rows: [1, 2] }, { index: "1", items: pack({ row: 2 }), attempt: 3 });
    const outcome = await outcomeOf(wide, task);
    expect(outcome).toMatchObject({ status: "succeeded", controls: [] });
    expect("own" in outcome && unpack(outcome.own!)).toEqual({ fitted: 20 });
    expect(seen).toEqual({
      flow: "Flow",
      run: 7,
      step: "fit",
      task: "Flow/7/fit/1",
      index: [1],
      attempt: 3,
      tags: ["nightly"],
    });
  });

  test("sees what the run began with, whatever a step has made of it since", async () => {
    const one = flow("Flow").step("start", (_, { parameters }) => ({ ...(parameters as { top: number }) }));
    const outcome = await outcomeOf(one, taskOf("start", { top: 2 }, { parameters: pack({ top: 1 }) }));
    expect("own" in outcome && unpack(outcome.own!)).toEqual({ top: 1 });
  });

  test("of a join sees every branch, by place or by name", async () => {
    const wide = flow("Flow")
      .step("load", () => ({ rows: [1] }))
      .foreach("rows", { as: "row" }, (each) => each.step("fit", () => ({ value: 1 })))
      .join("merge", (turns) => ({ values: turns.map(({ value }) => value) }));
    const manifests = [pack({ value: 4 }), pack({ value: 5 })];
    const joined = await outcomeOf(wide, taskOf("merge", {}, { branches: { type: "foreach", manifests } }));
    expect("own" in joined && unpack(joined.own!)).toEqual({ values: [4, 5] });
    const named = flow("Flow")
      .step("start", () => ({}))
      .branch({ a: (s) => s.step("one", () => ({ value: 1 })), b: (s) => s.step("two", () => ({ value: 2 })) })
      .join("both", ({ a, b }) => ({ values: [a.value, b.value] }));
    const branches = { type: "branch", names: ["a", "b"], manifests } as const;
    const both = await outcomeOf(named, taskOf("both", {}, { branches }));
    expect("own" in both && unpack(both.own!)).toEqual({ values: [4, 5] });
  });

  test("leaves with its artifacts what the machine asks next", async () => {
    const wide = flow("Flow")
      .step("load", () => ({ rows: [1, 2, 3] }))
      .foreach("rows", { as: "row" }, (each) => each.step("fit", () => ({})))
      .join("merge", () => ({}));
    expect(await outcomeOf(wide, taskOf("load"))).toMatchObject({
      controls: [{ node: "merge", index: "0", value: { type: "foreach", width: 3 } }],
    });
  });

  test.each([
    ["an array", [1], "an array"],
    ["a number", 5, "a number"],
    ["a class's instance", new URL("https://a.b"), "an instance of URL"],
  ])("that returns %s has failed", async (_, returned, words) => {
    const one = flow("Flow").step("start", () => returned as unknown as { x: 1 });
    expect(await outcomeOf(one, taskOf("start"))).toMatchObject({
      status: "failed",
      error: { name: "step.returned", message: expect.stringContaining(words) },
    });
  });

  test("that returns what no artifact can hold has failed, with the artifact's name", async () => {
    const one = flow("Flow").step("start", () => ({ model: () => 1 }));
    expect(await outcomeOf(one, taskOf("start"))).toMatchObject({
      status: "failed",
      error: { name: "artifact.unsupported", message: expect.stringContaining("model") },
    });
  });
});

describe("a failure that the step catches", () => {
  const one = flow("Flow")
    .step("risky", { catch: true, retry: 1 }, () => {
      throw new RangeError("no model");
    })
    .step("end", () => ({}));

  test("of the last attempt becomes an artifact", async () => {
    const outcome = await outcomeOf(one, taskOf("risky", { kept: 1 }));
    expect(outcome).toMatchObject({ status: "failed", caught: true, error: { name: "RangeError" } });
    expect("own" in outcome && unpack(outcome.own!)).toEqual({ failure: { name: "RangeError", message: "no model" } });
  });

  test("of an attempt that another follows is a failure", async () => {
    const outcome = await outcomeOf(one, taskOf("risky", {}, { last: false }));
    expect(outcome).toMatchObject({ status: "failed", error: { name: "RangeError" } });
    expect(outcome).not.toHaveProperty("caught");
  });

  test("leaves none where it succeeds: one of an earlier step is not taken for its own", async () => {
    const fine = flow("Flow").step("fine", { catch: true }, () => ({ done: 1 }));
    const outcome = await outcomeOf(fine, taskOf("fine", { failure: { name: "E", message: "old" } }));
    expect("own" in outcome && unpack(outcome.own!)).toStrictEqual({ done: 1, failure: undefined });
  });

  test("is none that can be caught where the flow cannot go on with it", async () => {
    const stuck = flow("Flow")
      .step("list", { catch: true }, (): { rows: number[] } => {
        throw new Error("no rows");
      })
      .foreach("rows" as never, { as: "row" as never }, (each) => each.step("fit", () => ({})))
      .join("merge", () => ({}));
    expect(await outcomeOf(stuck as unknown as AnyFlow, taskOf("list"))).toMatchObject({
      status: "failed",
      error: { name: "artifact.missing" },
    });
  });
});

describe("a task that is interrupted", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const waits = (onAbort: (reason: DOMException) => void, options = {}) =>
    flow("Flow").step(
      "waits",
      options,
      (_, { signal }) =>
        new Promise<{ late: number }>((resolve) => {
          signal.addEventListener("abort", () => {
            onAbort(signal.reason as DOMException);
            resolve({ late: 1 });
          });
        }),
    );

  test("by a stop is told by its signal, and leaves nothing though it returns", async () => {
    const reasons: string[] = [];
    const running = run(
      waits(({ name }) => reasons.push(name)),
      taskOf("waits"),
    );
    running.stop();
    expect(await running.outcome).toEqual({
      status: "stopped",
      error: { name: "Stopped", message: "the run was stopped" },
    });
    expect(reasons).toEqual(["AbortError"]);
  });

  test("by its timeout has failed, and is told why", async () => {
    const reasons: string[] = [];
    const running = run(
      waits(({ name }) => reasons.push(name), { timeout: "90s" }),
      taskOf("waits"),
    );
    await vi.advanceTimersByTimeAsync(89_999);
    expect(reasons).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await running.outcome).toMatchObject({ status: "failed", error: { name: "Timeout" } });
    expect(reasons).toEqual(["TimeoutError"]);
  });

  test("and does not heed its signal is given up after a grace", async () => {
    const deaf = flow("Flow").step("deaf", () => new Promise<object>(() => {}));
    const running = run(deaf, taskOf("deaf"));
    let isOver = false;
    void running.outcome.then(() => (isOver = true));
    running.stop();
    await vi.advanceTimersByTimeAsync(GRACE_MILLISECONDS - 1);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await running.outcome).toMatchObject({ status: "stopped" });
  });

  test("is not caught by its step where it was stopped", async () => {
    const running = run(
      waits(() => {}, { catch: true }),
      taskOf("waits"),
    );
    running.stop();
    expect(await running.outcome).not.toHaveProperty("caught");
  });

  test("no more is heard of once it has returned in time", async () => {
    const one = flow("Flow").step("quick", { timeout: "1s" }, () => ({ done: 1 }));
    expect(await outcomeOf(one, taskOf("quick"))).toMatchObject({ status: "succeeded" });
    expect(vi.getTimerCount()).toBe(0);
  });
});
