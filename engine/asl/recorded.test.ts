import { describe, expect, test } from "vitest";
import { MillraceError } from "../../graph/errors.ts";
import type { Json } from "../../graph/graph.ts";
import type { State, StateMachine } from "../../statemachines/asl.ts";
import { TaskFailure, interpret } from "./interpreter.ts";
import type { InterpreterOptions, Integrations } from "./interpreter.ts";
import { prepareMachine } from "./prepare.ts";
import { virtualClock } from "./virtual-clock.ts";

/** Each machine here was run by AWS Step Functions; what is expected is what AWS answered. */

const one = (state: object, more: object = {}): StateMachine => ({
  StartAt: "One",
  States: { One: { End: true, ...state } as State, Caught: { Type: "Pass", End: true } },
  ...more,
});
const pass = (Parameters: object) => one({ Type: "Pass", Parameters });
const task = (fields: object) => one({ Type: "Task", Resource: "arn:aws:states:::lambda:invoke", ...fields });
const distributed = (fields: object) =>
  one({
    Type: "Map",
    ItemProcessor: {
      ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
      StartAt: "Item",
      States: { Item: { Type: "Pass", End: true } },
    },
    ...fields,
  });

function run(machine: StateMachine, input: Json = {}, integrations: Integrations = async (_, given) => given) {
  const options: InterpreterOptions = { integrations, clock: virtualClock() };
  return interpret(machine, input, options);
}

/** Why a machine is refused, before it runs. */
function refusal(machine: StateMachine): string {
  try {
    prepareMachine(machine);
  } catch (error) {
    if (error instanceof MillraceError && error.code === "machine.invalid") return error.message;
    throw error;
  }
  return "";
}

const catchAll = { Catch: [{ ErrorEquals: ["States.ALL"], Next: "Caught" }] };

describe("JSONata is refused", () => {
  test.each<[string, StateMachine, RegExp]>([
    ["for the whole machine", one({ Type: "Succeed", End: undefined }, { QueryLanguage: "JSONata" }), /JSONata/],
    ["as any language that there is not", one({ Type: "Pass" }, { QueryLanguage: "SQL" }), /SQL/],
    ["for a state", one({ Type: "Pass", QueryLanguage: "JSONata" }), /JSONata/],
    ["where a Pass has Output", one({ Type: "Pass", Output: "{% 1 %}" }), /Output/],
    ["where a Task has Arguments", task({ Arguments: {} }), /Arguments/],
    ["where a Map has Items", distributed({ Items: "{% [1] %}" }), /Items/],
    [
      "in a rule's Condition",
      one({ Type: "Choice", End: undefined, Choices: [{ Condition: "{% true %}", Next: "Caught" }] }),
      /Condition/,
    ],
  ])("%s", (_, machine, message) => expect(refusal(machine)).toMatch(message));
});

describe("below a field that is missing", () => {
  test.each(["$.items[*]", "$.items[*].name", "$.items[1:]", "$.items[?(@.a == 1)]", "$.items.deep[*]", "$.items..a"])(
    "%s is an empty array",
    async (path) => {
      expect(await run(pass({ "item.$": path }))).toMatchObject({ output: { item: [] } });
    },
  );
});

describe("a template's path that leads nowhere", () => {
  const cause =
    "An error occurred while executing the state 'One'. The JSONPath '$.x' specified for the field 'value.$' could not be found in the input '{}'";

  test("ends the execution as States.Runtime", async () => {
    expect(await run(pass({ "value.$": "$.x" }))).toMatchObject({ status: "FAILED", error: "States.Runtime", cause });
  });

  test("is not caught by States.ALL", async () => {
    expect(await run(task({ Parameters: { "value.$": "$.x" }, ...catchAll }))).toMatchObject({
      status: "FAILED",
      error: "States.Runtime",
      cause,
    });
  });

  test("names the result where it stands in a ResultSelector", async () => {
    const machine = task({ ResultSelector: { "value.$": "$.x" } });
    expect(await run(machine, { a: 1 }, async () => ({ r: 1 }))).toMatchObject({
      error: "States.Runtime",
      cause: expect.stringContaining(`could not be found in the input '{"r":1}'`) as string,
    });
  });
});

test("States.ALL catches a task's result that is too large", async () => {
  expect(await run(task(catchAll), {}, async () => "x".repeat(262_143))).toMatchObject({
    status: "SUCCEEDED",
    output: {
      Error: "States.DataLimitExceeded",
      Cause:
        "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.",
    },
  });
});

describe("a missed heartbeat", () => {
  const silent: Integrations = () => new Promise(() => {});

  test("is States.Timeout, with no cause", async () => {
    expect(await run(task({ HeartbeatSeconds: 5, TimeoutSeconds: 600 }), {}, silent)).toMatchObject({
      status: "FAILED",
      error: "States.Timeout",
      cause: "",
    });
  });

  test.each(["States.HeartbeatTimeout", "States.Timeout", "States.ALL"])("is caught by %s", async (name) => {
    const machine = task({ HeartbeatSeconds: 5, Catch: [{ ErrorEquals: [name], Next: "Caught" }] });
    expect(await run(machine, {}, silent)).toMatchObject({ status: "SUCCEEDED", output: { Error: "States.Timeout" } });
  });

  test("is what a timeout is not", async () => {
    const machine = task({ TimeoutSeconds: 5, Catch: [{ ErrorEquals: ["States.HeartbeatTimeout"], Next: "Caught" }] });
    expect(await run(machine, {}, silent)).toMatchObject({ status: "FAILED", error: "States.Timeout", cause: "" });
  });
});

describe("the context object", () => {
  const all = async (machine: StateMachine) => {
    const result = await interpret(
      machine,
      { "input-value": 0 },
      {
        integrations: async (_, input) => input,
        clock: virtualClock(),
        execution: {
          id: "arn:aws:states:us-east-1:111111111111:execution:Machine:name",
          name: "name",
          roleArn: "arn:aws:iam::111111111111:role/role",
          stateMachine: { id: "arn:aws:states:us-east-1:111111111111:stateMachine:Machine", name: "Machine" },
        },
      },
    );
    return result.status === "SUCCEEDED" ? result.output : result;
  };

  test("of a Pass state says what AWS says", async () => {
    expect(await all(one({ Type: "Pass", InputPath: "$$" }))).toEqual({
      Execution: {
        Id: "arn:aws:states:us-east-1:111111111111:execution:Machine:name",
        Input: { "input-value": 0 },
        StartTime: "1970-01-01T00:00:00.000Z",
        Name: "name",
        RoleArn: "arn:aws:iam::111111111111:role/role",
        RedriveCount: 0,
      },
      StateMachine: { Id: "arn:aws:states:us-east-1:111111111111:stateMachine:Machine", Name: "Machine" },
      State: { Name: "One", EnteredTime: "1970-01-01T00:00:00.000Z" },
    });
  });

  test("has RetryCount where a state may be retried", async () => {
    expect(await all(task({ Parameters: { "n.$": "$$.State.RetryCount" } }))).toEqual({ n: 0 });
    expect(await all(pass({ "n.$": "$$.State.RetryCount" }))).toMatchObject({ error: "States.Runtime" });
  });

  test("has a token for a task that waits for one", async () => {
    const machine = task({
      Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      Parameters: { "token.$": "$$.Task.Token" },
    });
    expect(await all(machine)).toEqual({ token: expect.stringMatching(/^\S{20,}$/) as string });
  });

  test.each([
    ["a task that waits for none", task({ Parameters: { "token.$": "$$.Task.Token" } })],
    ["a function that takes it", task({ Parameters: { "token.$": "States.Format('{}', $$.Task.Token)" } })],
    ["a Pass", pass({ deep: { "token.$": "$$.Task.Token" } })],
    [
      "a Choice",
      one({ Type: "Choice", Choices: [{ Variable: "$$.Task.Token", IsNull: true, Next: "Caught" }], End: undefined }),
    ],
  ])("and a token in %s is refused before the run", (_, machine) => expect(refusal(machine)).toMatch(/Task\.Token/));
});

describe("an intrinsic function answers what AWS answers:", () => {
  test.each<[call: string, v: Json, expected: Json]>([
    ["States.Format('{}', $.v)", { Arg1: 1, Arg2: [] }, "{Arg1=1, Arg2=[]}"],
    ["States.Format('{}', $.v)", [1, "a", null, { b: true }], "[1, a, null, {b=true}]"],
    ["States.StringToJson($.v)", "", null],
    ["States.StringToJson($.v)", "  ", null],
    ["States.StringToJson($.v)", "-0", 0],
  ])("%s of %j is %j", async (call, v, expected) => {
    expect(await run(pass({ "r.$": call }), { v })).toMatchObject({ output: { r: expected } });
  });
});

describe("too much", () => {
  test("of a Pass state's output is States.DataLimitExceeded", async () => {
    expect(await run(one({ Type: "Pass", Result: { Arg1: "a".repeat(262_144) } }))).toMatchObject({
      status: "FAILED",
      error: "States.DataLimitExceeded",
      cause: "The state/task 'One' returned a result with a size exceeding the maximum number of bytes service limit.",
    });
  });

  const until = (days: number) => new Date(days * 86_400_000).toISOString();

  test.each([
    [{ Timestamp: until(24_856) }, {}],
    [{ TimestampPath: "$.t" }, { t: until(24_856) }],
  ])("of a wait, %j, is States.Runtime", async (fields, input) => {
    expect(await run(one({ Type: "Wait", ...fields }), input)).toMatchObject({
      status: "FAILED",
      error: "States.Runtime",
      cause: "An error occurred while executing the state 'One'. Wait state delay is too long.",
    });
  });

  test("is not yet a wait of 24,855 days", async () => {
    expect(await run(one({ Type: "Wait", Timestamp: until(24_855) }))).toMatchObject({ status: "SUCCEEDED" });
  });
});

describe("a distributed Map", () => {
  const reader = (ReaderConfig: object) =>
    distributed({ ItemReader: { Resource: "arn:aws:states:::s3:getObject", ReaderConfig } });
  const read = (config: object, input: Json = {}) =>
    run(reader({ InputType: "CSV", CSVHeaderLocation: "FIRST_ROW", ...config }), input, async () => ({
      Body: "a,b\n1,2\n3,4\n",
    }));

  test("with the same CSV header twice is States.ItemReaderFailed", async () => {
    expect(await read({ CSVHeaderLocation: "GIVEN", CSVHeaders: ["H1", "H1", "H3"] })).toMatchObject({
      error: "States.ItemReaderFailed",
      cause: "CSV headers cannot contain duplicates.",
    });
  });

  test("with a MaxItemsPath of -1 is States.ItemReaderFailed", async () => {
    expect(await read({ MaxItemsPath: "$.most" }, { most: -1 })).toMatchObject({
      error: "States.ItemReaderFailed",
      cause: "field MaxItems must be positive",
    });
  });

  test("with a MaxItemsPath of 1.5 is States.Runtime", async () => {
    expect(await read({ MaxItemsPath: "$.most" }, { most: 1.5 })).toMatchObject({
      error: "States.Runtime",
      cause:
        "An error occurred while executing the state 'One'. The MaxItemsPath field refers to value \"1.5\" which is not a valid integer: $.most",
    });
  });

  test.each([
    [100.1, "ToleratedFailurePercentage must be between 0 and 100."],
    [-1, "ToleratedFailurePercentage must be between 0 and 100."],
    [
      "NoNumber",
      'The ToleratedFailurePercentagePath field refers to value "NoNumber" which is not a valid float: $.percent',
    ],
  ])("with a ToleratedFailurePercentagePath of %j is States.Runtime", async (percent, cause) => {
    const machine = distributed({ ItemsPath: "$.items", ToleratedFailurePercentagePath: "$.percent" });
    expect(await run(machine, { items: [0], percent })).toMatchObject({
      error: "States.Runtime",
      cause: `An error occurred while executing the state 'One'. ${cause}`,
    });
  });

  test.each([
    [-1, "ToleratedFailureCount cannot be negative."],
    [
      "NoNumber",
      'The ToleratedFailureCountPath field refers to value "NoNumber" which is not a valid integer: $.count',
    ],
  ])("with a ToleratedFailureCountPath of %j is States.Runtime", async (count, cause) => {
    const machine = distributed({ ItemsPath: "$.items", ToleratedFailureCountPath: "$.count" });
    expect(await run(machine, { items: [0], count })).toMatchObject({
      error: "States.Runtime",
      cause: `An error occurred while executing the state 'One'. ${cause}`,
    });
  });
});

test("a Map without a ProcessorConfig may have tolerated failures", async () => {
  const machine = one({
    Type: "Map",
    ToleratedFailureCount: 10,
    ItemProcessor: { StartAt: "Item", States: { Item: { Type: "Pass", End: true } } },
  });
  expect(await run(machine, [0])).toMatchObject({ output: [0] });
});

describe("refused when the machine is made", () => {
  test.each([
    "2016-12-05 21:29:29Z",
    "2016-12-05T21:29:29",
    "2016-13-05T21:29:29Z",
    "2016-12-05T25:29:29Z",
    "05-12-2016T21:29:29Z",
    "{% '2016-12-05T21:29:29Z' %}",
  ])("the literal timestamp %s", (Timestamp) => {
    expect(refusal(one({ Type: "Wait", Timestamp }))).toMatch(/RFC3339/);
    const rule = { Variable: "$.t", TimestampLessThan: Timestamp, Next: "Caught" };
    expect(refusal(one({ Type: "Choice", Choices: [rule], End: undefined }))).toMatch(/RFC3339/);
  });

  test.each([
    String.raw`States.StringToJson('{"text":"An \"escaped double quote\" here"}')`,
    String.raw`States.Format('\"{}', $.a)`,
  ])("the intrinsic function %s", (call) => {
    expect(refusal(pass({ "parsed.$": call }))).toMatch(/parsed\.\$/);
  });

  test("Credentials without RoleArn", () => {
    expect(refusal(task({ Credentials: {} }))).toMatch(/RoleArn/);
    expect(refusal(task({ Credentials: { InvalidField: "invalid" } }))).toMatch(/RoleArn/);
    expect(refusal(task({ Credentials: { "RoleArn.$": "$.role" } }))).toBe("");
  });
});

test("a backslash in a bracket that is no escape stays part of the name", async () => {
  const name = String.raw`Test\""Name"`;
  const machine = pass({ "value.$": String.raw`$['Test\""Name"']` });
  expect(await run(machine, { [name]: String.raw`Value"\ ` })).toMatchObject({
    output: { value: String.raw`Value"\ ` },
  });
});

test("what a Fail state says is its own, with no word of the state", async () => {
  const failing: Integrations = async () => Promise.reject(new TaskFailure("Exception", "Some exception was raised."));
  expect(await run(task({}), {}, failing)).toMatchObject({ error: "Exception", cause: "Some exception was raised." });
});
