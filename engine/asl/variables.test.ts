import { describe, expect, test } from "vitest";
import type { Json } from "../../graph/graph.ts";
import type { State, StateMachine } from "../../statemachines/asl.ts";
import { TaskFailure, interpret } from "./interpreter.ts";
import type { HistoryEvent, Integrations } from "./interpreter.ts";
import { prepareMachine } from "./prepare.ts";
import { virtualClock } from "./virtual-clock.ts";

/** The states one after another, the last with what it reads of the variables. */
function chain(...states: readonly object[]): StateMachine {
  const named = states.map((state, index): [string, State] => [
    `S${index}`,
    { ...state, ...(index < states.length - 1 ? { Next: `S${index + 1}` } : { End: true }) } as State,
  ]);
  return { StartAt: "S0", States: Object.fromEntries(named) };
}

const pass = (fields: object) => ({ Type: "Pass", ...fields });
const read = (Parameters: object) => pass({ Parameters });

function run(machine: StateMachine, input: Json = {}, integrations: Integrations = async (_, given) => given) {
  return interpret(machine, input, { integrations, clock: virtualClock() });
}

test("a later state reads what an earlier one assigned, in every place that takes a path", async () => {
  const machine = chain(
    pass({ Assign: { order: { id: 7, lines: [1, 2] }, "all.$": "$", "text.$": "States.Format('{}!', $.a)" } }),
    read({ "id.$": "$order.id", "line.$": "$order.lines[1]", "a.$": "$all.a", "f.$": "States.Format('{}', $text)" }),
  );
  expect(await run(machine, { a: "x" })).toMatchObject({ output: { id: 7, line: 2, a: "x", f: "x!" } });
});

describe("what $ is in an Assign:", () => {
  test("a task's result, as ResultSelector made it", async () => {
    const task = { Type: "Task", Resource: "r", ResultSelector: { "b.$": "$.a" }, ResultPath: null };
    const machine = chain({ ...task, Assign: { "kept.$": "$.b" } }, read({ "kept.$": "$kept" }));
    expect(await run(machine, {}, async () => ({ a: 1 }))).toMatchObject({ output: { kept: 1 } });
  });

  test("a Pass state's result", async () => {
    const machine = chain(
      pass({ Result: { answer: 42 }, Assign: { "kept.$": "$.answer" } }),
      pass({ OutputPath: "$kept" }),
    );
    expect(await run(machine)).toMatchObject({ output: 42 });
  });

  test("the error, in a Catch", async () => {
    const machine: StateMachine = {
      StartAt: "Try",
      States: {
        Try: {
          Type: "Task",
          Resource: "r",
          Assign: { never: 1 },
          Catch: [{ ErrorEquals: ["E"], Assign: { "why.$": "$.Cause" }, ResultPath: null, Next: "Say" }],
          End: true,
        },
        Say: { Type: "Pass", Parameters: { "why.$": "$why" }, End: true },
      },
    };
    const failing: Integrations = async () => Promise.reject(new TaskFailure("E", "because"));
    expect(await run(machine, {}, failing)).toMatchObject({ output: { why: "because" } });
  });
});

test("all of an Assign is made of what stood before it", async () => {
  const machine = chain(
    pass({ Assign: { a: 1, b: 2 } }),
    pass({ Assign: { "a.$": "$b", "b.$": "$a" } }),
    read({ "a.$": "$a", "b.$": "$b" }),
  );
  expect(await run(machine)).toMatchObject({ output: { a: 2, b: 1 } });
});

test.each([
  [42, "right"],
  [1, "wrong"],
])("a Choice of %j assigns what its rule says, or itself where none holds", async (guess, said) => {
  const rule = { Variable: "$.guess", NumericEquals: 42, Assign: { said: "right" }, Next: "Say" };
  const machine = {
    StartAt: "Choose",
    States: {
      Choose: { Type: "Choice", Choices: [rule], Default: "Say", Assign: { said: "wrong" } },
      Say: { Type: "Pass", Parameters: { "said.$": "$said" }, End: true },
    },
  } as unknown as StateMachine;
  expect(await run(machine, { guess })).toMatchObject({ output: { said } });
});

const body = (state: object, more: object = {}) => ({
  StartAt: "In",
  States: { In: { ...state, End: true } },
  ...more,
});

describe("a Map's iterations and a Parallel's branches", () => {
  const sum = pass({ Assign: { "inner.$": "States.MathAdd($outer, 1)" }, Parameters: { "outer.$": "$outer" } });

  test("read the variables around them, and theirs are gone after them", async () => {
    const each = { Type: "Map", ItemProcessor: body(sum) };
    expect(await run(chain(pass({ Assign: { outer: 1 } }), each), [0, 0])).toMatchObject({
      output: [{ outer: 1 }, { outer: 1 }],
    });
    const both = { Type: "Parallel", Branches: [body(sum)] };
    const after = chain(pass({ Assign: { outer: 1 } }), both, read({ "inner.$": "$inner" }));
    expect(await run(after)).toMatchObject({ status: "FAILED", error: "States.Runtime" });
  });

  test("cannot assign them", () => {
    const each = { Type: "Map", ItemProcessor: body(pass({ Assign: { outer: 2 } })) };
    expect(() => prepareMachine(chain(pass({ Assign: { outer: 1 } }), each))).toThrow(
      "state In assigns $outer, which is assigned outside of it",
    );
  });

  test("of a distributed Map see none of them, and may use their names", async () => {
    const config = { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" } };
    const reading = { Type: "Map", ItemProcessor: body(read({ "outer.$": "$outer" }), config) };
    expect(await run(chain(pass({ Assign: { outer: 1 } }), reading), [0])).toMatchObject({ status: "FAILED" });
    const naming = { Type: "Map", ItemProcessor: body(pass({ Assign: { outer: 2 } }), config) };
    expect(await run(chain(pass({ Assign: { outer: 1 } }), naming), [0])).toMatchObject({ output: [0] });
  });
});

test("a Map's numbers may be variables that are text", async () => {
  const each = { Type: "Map", MaxConcurrencyPath: "$most", ItemProcessor: body(pass({})) };
  expect(await run(chain(pass({ Assign: { most: "1" } }), each), [1, 2])).toMatchObject({ output: [1, 2] });
});

test("the history tells what a state assigned", async () => {
  const events: HistoryEvent[] = [];
  const machine = chain(pass({ Assign: { a: 1 } }), pass({}));
  await interpret(machine, {}, { integrations: async () => null, onEvent: (event) => events.push(event) });
  const exits = events.flatMap((event) => (event.type === "StateExited" ? [event.assigned] : []));
  expect(exits).toEqual([{ a: 1 }, undefined]);
});
