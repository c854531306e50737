import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Catcher, Retrier, StateMachine } from "../../statemachines/asl.ts";
import { TaskFailure, interpret } from "./interpreter.ts";
import type { HistoryEvent } from "./interpreter.ts";
import { delayBeforeRetry } from "./retry.ts";
import { virtualClock } from "./virtual-clock.ts";

/** A task that fails with each of `errors` in turn, then succeeds. */
async function run(errors: string[], handling: { Retry?: Retrier[]; Catch?: Catcher[] }, random = () => 0.5) {
  const machine: StateMachine = {
    StartAt: "Try",
    States: {
      Try: {
        Type: "Task",
        Resource: "r",
        Parameters: { "n.$": "$$.State.RetryCount" },
        ResultPath: "$.ok",
        ...handling,
        End: true,
      },
      Hint: { Type: "Pass", End: true },
      Other: { Type: "Fail", Error: "Other" },
    },
  };
  const left = [...errors];
  const waits: number[] = [];
  const counts: unknown[] = [];
  const result = await interpret(
    machine,
    { in: 1 },
    {
      integrations: async (_, input) => {
        counts.push((input as { n: number }).n);
        const error = left.shift();
        if (error !== undefined) throw new TaskFailure(error, `because ${error}`);
        return true;
      },
      clock: virtualClock(),
      random,
      onEvent: (event: HistoryEvent) => {
        if (event.type === "RetryScheduled") waits.push(event.delaySeconds);
      },
    },
  );
  return { result, waits, counts };
}

const times = (count: number, error: string) => Array.from({ length: count }, () => error);

describe("Retry", () => {
  test("waits 1, 2 and 4 seconds by default, then gives up", async () => {
    const { result, waits } = await run(times(4, "E"), { Retry: [{ ErrorEquals: ["E"] }] });
    expect(waits).toEqual([1, 2, 4]);
    expect(result).toMatchObject({ status: "FAILED", error: "E", cause: "because E" });
  });

  test("goes on where a later attempt succeeds", async () => {
    const { result } = await run(times(3, "E"), { Retry: [{ ErrorEquals: ["E"] }] });
    expect(result).toMatchObject({ status: "SUCCEEDED", output: { in: 1, ok: true } });
  });

  test("multiplies the wait up to MaxDelaySeconds", async () => {
    const Retry = [
      {
        ErrorEquals: ["E"],
        IntervalSeconds: 3,
        BackoffRate: 1.5,
        MaxAttempts: 4,
        MaxDelaySeconds: 6,
      },
    ];
    expect((await run(times(4, "E"), { Retry })).waits).toEqual([3, 4.5, 6, 6]);
  });

  test("waits a random part of the time with full jitter", async () => {
    const Retry: Retrier[] = [{ ErrorEquals: ["E"], JitterStrategy: "FULL" }];
    expect((await run(times(3, "E"), { Retry }, () => 0.25)).waits).toEqual([0.25, 0.5, 1]);
  });

  test("with MaxAttempts 0 never tries again", async () => {
    const Retry = [{ ErrorEquals: ["E"], MaxAttempts: 0 }, { ErrorEquals: ["States.ALL"] }];
    expect(await run(["E"], { Retry })).toMatchObject({
      waits: [],
      result: { status: "FAILED", error: "E" },
    });
  });

  test("counts each retrier's attempts by themselves", async () => {
    const Retry = [
      { ErrorEquals: ["A", "B"], IntervalSeconds: 10, MaxAttempts: 2 },
      { ErrorEquals: ["States.ALL"], IntervalSeconds: 1, MaxAttempts: 2 },
    ];
    const { waits, result } = await run(["A", "C", "B", "C", "A"], { Retry });
    expect(waits).toEqual([10, 1, 20, 2]);
    expect(result).toMatchObject({ status: "FAILED", error: "A" });
  });

  test("tells a task how often it was tried before", async () => {
    expect((await run(times(2, "E"), { Retry: [{ ErrorEquals: ["E"] }] })).counts).toEqual([0, 1, 2]);
  });

  test("counts anew in the next state", async () => {
    const states: StateMachine = {
      StartAt: "A",
      States: {
        A: { Type: "Task", Resource: "a", Retry: [{ ErrorEquals: ["E"] }], Next: "B" },
        B: { Type: "Task", Resource: "b", Parameters: { "n.$": "$$.State.RetryCount" }, End: true },
      },
    };
    let failed = false;
    const result = await interpret(
      states,
      {},
      {
        integrations: async (resource, given) => {
          if (resource === "b") return given;
          if (failed) return null;
          failed = true;
          throw new TaskFailure("E", "");
        },
        clock: virtualClock(),
      },
    );
    expect(result).toMatchObject({ output: { n: 0 } });
  });

  test("costs a transition each time", async () => {
    expect((await run(times(2, "E"), { Retry: [{ ErrorEquals: ["E"] }] })).result.transitions).toBe(3);
  });

  test("does not help against States.Runtime", async () => {
    const { result, waits } = await run(["States.Runtime"], {
      Retry: [{ ErrorEquals: ["States.Runtime"] }],
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "Hint" }],
    });
    expect(waits).toEqual([]);
    expect(result).toMatchObject({ status: "FAILED", error: "States.Runtime" });
  });

  test("never waits longer than the backoff without jitter, whatever the numbers", () => {
    const retrier = fc.record({
      ErrorEquals: fc.constant(["E"]),
      IntervalSeconds: fc.integer({ min: 1, max: 1000 }),
      BackoffRate: fc.double({ min: 1, max: 10, noNaN: true }),
      MaxDelaySeconds: fc.integer({ min: 1, max: 31_622_400 }),
    });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(retrier, fc.nat(100), random, (rule, earlier, share) => {
        const full = delayBeforeRetry(rule, earlier, () => share);
        const jittered = delayBeforeRetry({ ...rule, JitterStrategy: "FULL" }, earlier, () => share);
        expect(full).toBeLessThanOrEqual(rule.MaxDelaySeconds);
        expect(full).toBeGreaterThanOrEqual(Math.min(rule.IntervalSeconds, rule.MaxDelaySeconds));
        expect(jittered).toBeGreaterThanOrEqual(0);
        expect(jittered).toBeLessThanOrEqual(full);
      }),
    );
  });
});

describe("Catch", () => {
  test("goes to its state with the error in place of the input", async () => {
    const { result } = await run(["E"], { Catch: [{ ErrorEquals: ["E"], Next: "Hint" }] });
    expect(result).toMatchObject({
      status: "SUCCEEDED",
      output: { Error: "E", Cause: "because E" },
    });
  });

  test("puts the error where its ResultPath says", async () => {
    const { result } = await run(["E"], {
      Catch: [{ ErrorEquals: ["E"], ResultPath: "$.failure", Next: "Hint" }],
    });
    expect(result).toMatchObject({
      output: { in: 1, failure: { Error: "E", Cause: "because E" } },
    });
  });

  test("drops the error for a ResultPath of null", async () => {
    const { result } = await run(["E"], {
      Catch: [{ ErrorEquals: ["E"], ResultPath: null, Next: "Hint" }],
    });
    expect(result).toMatchObject({ output: { in: 1 } });
  });

  test("takes the first catcher that covers the error", async () => {
    const Catch = [
      { ErrorEquals: ["X"], Next: "Other" },
      { ErrorEquals: ["States.TaskFailed"], Next: "Hint" },
      { ErrorEquals: ["States.ALL"], Next: "Other" },
    ];
    expect((await run(["E"], { Catch })).result).toMatchObject({ status: "SUCCEEDED" });
  });

  test("waits until the retries are used up", async () => {
    const { result, waits } = await run(times(3, "E"), {
      Retry: [{ ErrorEquals: ["E"], MaxAttempts: 2 }],
      Catch: [{ ErrorEquals: ["E"], Next: "Hint" }],
    });
    expect(waits).toEqual([1, 2]);
    expect(result).toMatchObject({ status: "SUCCEEDED" });
  });

  test("that covers another error leaves the execution failed", async () => {
    expect((await run(["E"], { Catch: [{ ErrorEquals: ["X"], Next: "Hint" }] })).result).toMatchObject({
      status: "FAILED",
      error: "E",
    });
  });
});
