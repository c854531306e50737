import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import type { Json } from "../../graph/graph.ts";
import type { State, StateMachine } from "../../statemachines/asl.ts";
import { TaskFailure, interpret } from "./interpreter.ts";
import type { HistoryEvent, Integrations } from "./interpreter.ts";
import { virtualClock } from "./virtual-clock.ts";

const nothing: Integrations = async () => null;
const never: Integrations = () => new Promise(() => {});
const wait = (Next?: string): State => ({
  Type: "Task",
  Resource: "wait",
  ...(Next === undefined ? { End: true } : { Next }),
});
const one = (state: State): StateMachine => ({ StartAt: "One", States: { One: state } });

/** Counts `$.k` up to `rounds`, through a task and a choice each time. */
function loop(rounds: number): StateMachine {
  return {
    StartAt: "Begin",
    States: {
      Begin: { Type: "Pass", Parameters: { k: 0 }, Next: "Work" },
      Work: { Type: "Task", Resource: "work", ResultPath: null, Next: "Count" },
      Count: { Type: "Pass", Parameters: { "k.$": "States.MathAdd($.k, 1)" }, Next: "Again" },
      Again: {
        Type: "Choice",
        Choices: [{ Variable: "$.k", NumericLessThan: rounds, Next: "Work" }],
        Default: "End",
      },
      End: { Type: "Succeed" },
    },
  };
}

const double: Integrations = async (_, input) => ({ n: (input as { n: number }).n * 2 });

async function history(machine: StateMachine, input: Json, integrations: Integrations): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  await interpret(machine, input, {
    integrations,
    onEvent: (event) => events.push(event),
    clock: virtualClock(),
  });
  return events;
}

test("a chain hands each state's output to the next", async () => {
  const machine: StateMachine = {
    StartAt: "A",
    States: {
      A: { Type: "Task", Resource: "double", ResultPath: "$.a", Next: "B" },
      B: { Type: "Task", Resource: "double", InputPath: "$.a", ResultPath: "$.b", Next: "C" },
      C: { Type: "Succeed", OutputPath: "$.b" },
    },
  };
  expect(await interpret(machine, { n: 1 }, { integrations: double })).toEqual({
    status: "SUCCEEDED",
    output: { n: 4 },
    transitions: 3,
  });
});

test("a loop of 3,000 rounds ends", async () => {
  expect(await interpret(loop(3_000), {}, { integrations: nothing })).toEqual({
    status: "SUCCEEDED",
    output: { k: 3_000 },
    transitions: 9_002,
  });
});

test("a chain of 1,000 states ends", async () => {
  const States = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [`S${index}`, wait(index < 999 ? `S${index + 1}` : undefined)]),
  );
  expect(await interpret({ StartAt: "S0", States }, {}, { integrations: nothing })).toMatchObject({
    status: "SUCCEEDED",
    transitions: 1_000,
  });
});

test("bodies nest: a Map in a Parallel in a Map", async () => {
  const inner: State = {
    Type: "Map",
    ItemsPath: "$.items",
    ItemProcessor: { StartAt: "X", States: { X: wait() } },
    End: true,
  };
  const middle: State = {
    Type: "Parallel",
    Branches: [
      { StartAt: "M", States: { M: inner } },
      { StartAt: "Y", States: { Y: { Type: "Pass", Result: 0, End: true } } },
    ],
    End: true,
  };
  const outer: State = {
    Type: "Map",
    ItemProcessor: { StartAt: "P", States: { P: middle } },
    End: true,
  };
  const result = await interpret(one(outer), [{ items: [1] }, { items: [2, 3] }], {
    integrations: async (_, input) => input,
  });
  expect(result).toMatchObject({
    output: [
      [[1], 0],
      [[2, 3], 0],
    ],
  });
});

describe("an execution that is aborted", () => {
  test("ends at once, even while a task does not", async () => {
    const controller = new AbortController();
    const running = interpret(one(wait()), {}, { integrations: never, signal: controller.signal });
    controller.abort();
    expect(await running).toEqual({ status: "ABORTED", transitions: 1 });
  });

  test("tells its tasks by their signals, at any depth", async () => {
    const controller = new AbortController();
    const signals: AbortSignal[] = [];
    const map: State = {
      Type: "Map",
      ItemProcessor: { StartAt: "X", States: { X: { ...wait(), TimeoutSeconds: 60 } as State } },
      End: true,
    };
    const parallel: State = {
      Type: "Parallel",
      Branches: [{ StartAt: "M", States: { M: map } }],
      End: true,
    };
    const running = interpret(one(parallel), [1, 2], {
      integrations: (_, _input, { signal }) => {
        signals.push(signal);
        if (signals.length === 2) setImmediate(() => controller.abort());
        return new Promise(() => {});
      },
      signal: controller.signal,
    });
    expect(await running).toMatchObject({ status: "ABORTED" });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  test("starts no further state", async () => {
    const controller = new AbortController();
    const called: string[] = [];
    await interpret(
      { StartAt: "A", States: { A: wait("B"), B: wait() } },
      {},
      {
        integrations: async (_, _input, { state }) => {
          called.push(state);
          controller.abort();
          return null;
        },
        signal: controller.signal,
      },
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(called).toEqual(["A"]);
  });

  test("before it began starts nothing", async () => {
    const called: string[] = [];
    const result = await interpret(
      one(wait()),
      {},
      {
        integrations: async (resource) => (called.push(resource), null),
        signal: AbortSignal.abort(),
      },
    );
    expect(result).toEqual({ status: "ABORTED", transitions: 0 });
    expect(called).toEqual([]);
  });

  test("ends a Wait and a retry's delay", async () => {
    const Retry = [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 3_600 }];
    const retrying: State = { Type: "Task", Resource: "r", Retry, End: true };
    for (const state of [{ Type: "Wait", Seconds: 3_600, End: true } as const, retrying]) {
      const controller = new AbortController();
      const running = interpret(
        one(state),
        {},
        {
          integrations: async () => Promise.reject(new TaskFailure("E", "")),
          signal: controller.signal,
        },
      );
      setImmediate(() => controller.abort());
      expect(await running).toMatchObject({ status: "ABORTED" });
    }
  });

  test("can be one that never waits for anything", async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    expect(await interpret(loop(Infinity), {}, { integrations: nothing, signal: controller.signal })).toMatchObject({
      status: "ABORTED",
    });
  });
});

test("a machine that takes longer than its TimeoutSeconds has timed out, and its tasks are told", async () => {
  let told: AbortSignal | undefined;
  const result = await interpret(
    { ...one(wait()), TimeoutSeconds: 5 },
    {},
    {
      integrations: (_, _input, { signal }) => ((told = signal), new Promise(() => {})),
      clock: virtualClock(),
    },
  );
  expect(result).toMatchObject({ status: "TIMED_OUT" });
  expect(told?.aborted).toBe(true);
});

test("a task that succeeded is not told to stop when the execution ends", async () => {
  let told: AbortSignal | undefined;
  await interpret(one(wait()), {}, { integrations: async (_, _input, { signal }) => ((told = signal), null) });
  expect(told?.aborted).toBe(false);
});

test("an execution that is over no longer listens to its caller's signal", async () => {
  const { signal } = new AbortController();
  await interpret(one(wait()), {}, { integrations: nothing, signal });
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("the input is handed on as it is, and never changed", async () => {
  const freeze = (value: Json): Json => {
    if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
    return value;
  };
  const input = freeze({ a: { b: [1, { c: 2 }] } });
  const machine = one({ Type: "Pass", Result: 5, ResultPath: "$.a.b[1].c", End: true });
  expect(await interpret(machine, input, { integrations: nothing })).toMatchObject({
    output: { a: { b: [1, { c: 5 }] } },
  });
});

describe("the history", () => {
  test("tells of each state and task in order", async () => {
    const events = await history({ StartAt: "A", States: { A: wait("B"), B: { Type: "Succeed" } } }, { a: 1 }, nothing);
    expect(events.map((event) => ("state" in event ? `${event.type} ${event.state}` : event.type))).toEqual([
      "ExecutionStarted",
      "StateEntered A",
      "TaskScheduled A",
      "TaskStarted A",
      "TaskSucceeded A",
      "StateExited A",
      "StateEntered B",
      "StateExited B",
      "ExecutionSucceeded",
    ]);
  });

  test("tells of each iteration, and where in nested Maps a state stands", async () => {
    const inner: State = {
      Type: "Map",
      ItemProcessor: { StartAt: "X", States: { X: wait() } },
      End: true,
    };
    const outer: State = {
      Type: "Map",
      ItemProcessor: { StartAt: "Y", States: { Y: inner } },
      End: true,
    };
    const events = await history(one(outer), [[0], [1, 2]], nothing);
    const places = events.flatMap((event) => (event.type === "TaskScheduled" ? [event.within] : []));
    expect(places).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
    ]);
    expect(events.filter(({ type }) => type === "MapIterationSucceeded")).toHaveLength(5);
  });

  test("tells how a task failed and how that ended the execution", async () => {
    const events = await history(one(wait()), {}, async () => Promise.reject(new TaskFailure("E", "because")));
    expect(events.slice(-2)).toMatchObject([
      { type: "TaskFailed", state: "One", error: "E", cause: "because" },
      { type: "ExecutionFailed", error: "E", cause: "because" },
    ]);
  });
});
