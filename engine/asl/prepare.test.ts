import { describe, expect, test } from "vitest";
import type { StateMachine } from "../../statemachines/asl.ts";
import { prepareMachine } from "./prepare.ts";

const machine = (state: object, more: object = {}) =>
  ({ StartAt: "S", States: { S: state }, ...more }) as unknown as StateMachine;
const task = (fields: object) => machine({ Type: "Task", Resource: "r", End: true, ...fields });
const map = (fields: object) =>
  machine({
    Type: "Map",
    ItemProcessor: { StartAt: "P", States: { P: { Type: "Succeed" } } },
    End: true,
    ...fields,
  });

describe("a machine is refused, with the state's name, for", () => {
  test.each<[string, StateMachine]>([
    ["a Next that is not there", machine({ Type: "Pass", Next: "Nowhere" })],
    [
      "a Default that is not there",
      machine({
        Type: "Choice",
        Choices: [{ Variable: "$", IsNull: true, Next: "S" }],
        Default: "Nowhere",
      }),
    ],
    [
      "a rule's Next that is not there",
      machine({ Type: "Choice", Choices: [{ Variable: "$", IsNull: true, Next: "Nowhere" }] }),
    ],
    ["a catcher's Next that is not there", task({ Catch: [{ ErrorEquals: ["E"], Next: "Nowhere" }] })],
    ["neither Next nor End", machine({ Type: "Pass" })],
    ["a type that there is not", machine({ Type: "Loop", End: true })],
    ["a Choice without rules", machine({ Type: "Choice", Choices: [] })],
    [
      "a comparison that there is not",
      machine({ Type: "Choice", Choices: [{ Variable: "$", NumericNearly: 1, Next: "S" }] }),
    ],
    [
      "two comparisons in a rule",
      machine({
        Type: "Choice",
        Choices: [{ Variable: "$", IsNull: true, IsString: true, Next: "S" }],
      }),
    ],
    ["two waits", machine({ Type: "Wait", Seconds: 1, Timestamp: "2026-01-01T00:00:00Z", End: true })],
    ["a task without a resource", machine({ Type: "Task", End: true })],
    ["a path that is none", task({ InputPath: "a.b" })],
    ["a ResultPath to many places", task({ ResultPath: "$.a[*]" })],
    ["a ResultPath into the context object", task({ ResultPath: "$$.a" })],
    ["a template field that is no path", task({ Parameters: { "a.$": "b" } })],
    ["a template field that is no text", task({ Parameters: { "a.$": 1 } })],
    ["a template field given twice", task({ Parameters: { "a.$": "$", a: 1 } })],
    ["States.ALL beside another error", task({ Retry: [{ ErrorEquals: ["E", "States.ALL"] }] })],
    [
      "States.ALL before another catcher",
      task({
        Catch: [
          { ErrorEquals: ["States.ALL"], Next: "S" },
          { ErrorEquals: ["E"], Next: "S" },
        ],
      }),
    ],
    ["a timeout given twice", task({ TimeoutSeconds: 1, TimeoutSecondsPath: "$.t" })],
    ["Assign in a Succeed", machine({ Type: "Succeed", Assign: { a: 1 } })],
    ["a variable whose name is none", task({ Assign: { "a-b": 1 } })],
    ["a variable named states", task({ Assign: { "states.$": "$" } })],
    ["JSONata", task({ QueryLanguage: "JSONata" })],
    ["a ResultWriter", map({ ResultWriter: {} })],
    ["both Next and End", machine({ Type: "Pass", Next: "S", End: true })],
    ["a field that its type has not", machine({ Type: "Wait", Seconds: 1, Parameters: {}, End: true })],
    ["a Retry before its time", task({ Retry: [{ ErrorEquals: ["E"], IntervalSeconds: -1 }] })],
    ["a BackoffRate under 1", task({ Retry: [{ ErrorEquals: ["E"], BackoffRate: 0.5 }] })],
    ["a jitter that there is not", task({ Retry: [{ ErrorEquals: ["E"], JitterStrategy: "SOME" }] })],
    ["a heartbeat that is no shorter than the timeout", task({ TimeoutSeconds: 5, HeartbeatSeconds: 5 })],
    ["a timeout in JSONata", task({ TimeoutSeconds: "{% 5 %}" })],
    ["a wait of 1.5 seconds", machine({ Type: "Wait", Seconds: 1.5, End: true })],
    ["a mode of Map that there is not", map({ ItemProcessor: { ProcessorConfig: { Mode: "BOTH" } } })],
    ["an inline Map with an ItemReader", map({ ItemReader: { Resource: "r" } })],
    ["ItemSelector and Parameters", map({ ItemSelector: {}, Parameters: {} })],
    ["a Map without a body", map({ ItemProcessor: undefined })],
  ])("%s", (_, wrong) => {
    expect(() => prepareMachine(wrong)).toThrow(
      expect.objectContaining({ code: "machine.invalid", where: { state: "S" } }),
    );
  });

  test("a mistake inside a Map's body, by the inner state's name", () => {
    const wrong = map({
      ItemProcessor: { StartAt: "P", States: { P: { Type: "Pass", Next: "Nowhere" } } },
    });
    expect(() => prepareMachine(wrong)).toThrow(expect.objectContaining({ where: { state: "P" } }));
  });

  test.each<[string, StateMachine, string]>([
    ["no states", {} as StateMachine, "These fields are required: [StartAt, States]"],
    [
      "a name of over 80 characters",
      { StartAt: "n".repeat(81), States: { ["n".repeat(81)]: { Type: "Succeed" } } },
      "is over 80 characters long",
    ],
    [
      "a name that stands twice, if in different bodies",
      map({ ItemProcessor: { StartAt: "S", States: { S: { Type: "Succeed" } } } }),
      "There are two states S",
    ],
    ["a field that no machine has", machine({ Type: "Succeed" }, { Name: "M" }), "The machine has no field Name"],
  ])("%s", (_, wrong, message) => {
    expect(() => prepareMachine(wrong)).toThrow(message);
  });

  test("a StartAt that is not there", () => {
    expect(() => prepareMachine(machine({ Type: "Succeed" }, { StartAt: "toString" }))).toThrow(
      'StartAt "toString" is not a state',
    );
  });
});

test("a machine is parsed once", () => {
  const once = machine({ Type: "Succeed" });
  expect(prepareMachine(once)).toBe(prepareMachine(once));
});
