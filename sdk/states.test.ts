import { describe, expect, test } from "vitest";
import { checkMachine, execute, fail, inTurn, lambda, type FakeContext, type StateMachine } from "./states.ts";

const INVOKE = "arn:aws:states:::lambda:invoke";

const task = (fields: object = {}): StateMachine =>
  ({
    StartAt: "Charge",
    States: { Charge: { Type: "Task", Resource: INVOKE, End: true, ...fields } },
  }) as StateMachine;

const caught = (fields: object = {}): StateMachine => ({
  StartAt: "Charge",
  States: {
    ...task({ Catch: [{ ErrorEquals: ["States.ALL"], Next: "Refund" }], ...fields }).States,
    Refund: { Type: "Pass", End: true },
  },
});

describe("a fake", () => {
  test("stands for a service by its Resource, and is asked what the machine would ask", async () => {
    const machine = task({
      Parameters: { FunctionName: "charge", Payload: { "order.$": "$.order" } },
      OutputPath: "$.Payload",
    });
    const execution = await execute(machine, {
      input: { order: 7 },
      integrations: { [INVOKE]: ({ Payload }) => ({ Payload: { charged: Payload.order } }) },
    });
    expect(execution).toMatchObject({ status: "SUCCEEDED", output: { charged: 7 } });
    expect(execution.calls).toEqual([
      {
        state: "Charge",
        resource: INVOKE,
        parameters: { FunctionName: "charge", Payload: { order: 7 } },
        retries: 0,
      },
    ]);
  });

  test("of a state goes before that of its Resource, and may be the answer itself", async () => {
    const execution = await execute(task(), {
      states: { Charge: { ok: true } },
      integrations: { [INVOKE]: fail("Wrong") },
    });
    expect(execution).toMatchObject({ status: "SUCCEEDED", output: { ok: true } });
  });

  test("answers in turn, so that retries are seen", async () => {
    const machine = task({ Retry: [{ ErrorEquals: ["Lambda.TooManyRequestsException"], IntervalSeconds: 10 }] });
    const busy = fail("Lambda.TooManyRequestsException", "Rate exceeded");
    const execution = await execute(machine, { states: { Charge: inTurn(busy, busy, { ok: true }) } });
    expect(execution).toMatchObject({ status: "SUCCEEDED", output: { ok: true } });
    expect(execution.calls.map(({ retries }) => retries)).toEqual([0, 1, 2]);
    expect(execution.stopDate.getTime() - execution.startDate.getTime()).toBe(30_000);
  });

  test("fails a task by what it answers or throws, for Catch to see", async () => {
    const output = { Error: "Card.Declined", Cause: "no money" };
    const throwing = () => {
      throw fail("Card.Declined", "no money");
    };
    expect(await execute(caught(), { states: { Charge: fail("Card.Declined", "no money") } })).toMatchObject({
      output,
    });
    expect(await execute(caught(), { states: { Charge: throwing } })).toMatchObject({ output });
  });

  test("with a bug in it is no failed task", async () => {
    const bug = new TypeError("parameters.order is undefined");
    const throwing = () => {
      throw bug;
    };
    await expect(execute(caught(), { states: { Charge: throwing } })).rejects.toBe(bug);
  });

  test("that is missing is said, with where it would stand", async () => {
    await expect(execute(task())).rejects.toMatchObject({
      code: "states.no-fake",
      message: `state Charge: it calls ${INVOKE}, which no fake stands for`,
      hint: expect.stringContaining('"Charge"') as string,
    });
  });

  test("of a state that the machine has not is said, with those that it has", async () => {
    await expect(execute(caught(), { states: { Chrage: 1 } })).rejects.toMatchObject({
      code: "states.no-state",
      hint: "Its states are Charge, Refund.",
    });
  });

  test("answers as JSON, as a service would", async () => {
    const sent = new Date("2026-03-14T01:59:00Z");
    expect(await execute(task(), { states: { Charge: () => ({ sent, gone: undefined }) } })).toMatchObject({
      output: { sent: "2026-03-14T01:59:00.000Z" },
    });
    await expect(execute(task(), { states: { Charge: () => ({ much: 1n }) } })).rejects.toMatchObject({
      code: "states.answer",
    });
  });

  test("cannot change the machine's data", async () => {
    const machine = task({ ResultPath: "$.result" });
    const spoil = (input: { order: number }) => {
      input.order = 0;
      return 1;
    };
    expect(await execute(machine, { input: { order: 7 }, states: { Charge: spoil } })).toMatchObject({
      output: { order: 7, result: 1 },
    });
  });
});

describe("lambda()", () => {
  const handlers = { charge: ({ order }: { order: number }) => ({ charged: order }) };
  const invoking = { FunctionName: "charge", Payload: { "order.$": "$.order" } };

  test("gives a handler its event and answers as an invocation does", async () => {
    const execution = await execute(task({ Parameters: invoking }), {
      input: { order: 7 },
      integrations: { [INVOKE]: lambda(handlers) },
    });
    expect(execution.output).toEqual({ ExecutedVersion: "$LATEST", Payload: { charged: 7 }, StatusCode: 200 });
  });

  test("answers bare where the function itself is the Resource", async () => {
    const arn = "arn:aws:lambda:us-east-1:123456789012:function:charge";
    const execution = await execute(task({ Resource: arn }), {
      input: { order: 7 },
      integrations: { [arn]: lambda(handlers.charge) },
    });
    expect(execution.output).toEqual({ charged: 7 });
    expect(execution.history.map(({ type }) => type)).toContain("LambdaFunctionSucceeded");
  });

  test("makes what a handler throws the task's error, as a function in AWS does", async () => {
    class OrderNotFound extends Error {
      override name = "OrderNotFound";
    }
    const throwing = () => {
      throw new OrderNotFound("no order 7");
    };
    const machine = caught({ Catch: [{ ErrorEquals: ["OrderNotFound"], Next: "Refund" }] });
    const { output } = await execute(machine, { states: { Charge: lambda(throwing) } });
    expect(output.Error).toBe("OrderNotFound");
    expect(JSON.parse(output.Cause)).toMatchObject({ errorType: "OrderNotFound", errorMessage: "no order 7" });
  });

  test("says which function has no handler", async () => {
    const machine = task({ Parameters: { FunctionName: "refund" } });
    await expect(execute(machine, { integrations: { [INVOKE]: lambda(handlers) } })).rejects.toMatchObject({
      code: "states.no-fake",
      message: "state Charge: it invokes refund, which no handler stands for",
    });
  });
});

describe("time", () => {
  const wait: StateMachine = {
    StartAt: "Wait",
    States: { Wait: { Type: "Wait", Seconds: 86_400, Next: "Now" }, Now: task().States["Charge"]! },
  };

  test("passes only as far as it is waited for, from when the test says", async () => {
    const execution = await execute(wait, { startTime: "2026-03-14T00:00:00Z", states: { Now: 1 } });
    expect(execution.startDate.toISOString()).toBe("2026-03-14T00:00:00.000Z");
    expect(execution.stopDate.toISOString()).toBe("2026-03-15T00:00:00.000Z");
    expect(execution.history.at(-1)!.timestamp).toEqual(execution.stopDate);
  });

  test("stands still while a fake is at work, however long that really takes", async () => {
    const machine = task({ TimeoutSeconds: 1 });
    const slow = () => new Promise((resolve) => setTimeout(resolve, 20, "done"));
    expect(await execute(machine, { states: { Charge: slow } })).toMatchObject({ output: "done" });
  });

  test.each([
    [4, { status: "SUCCEEDED", output: "done" }],
    [6, { status: "FAILED", error: "States.Timeout" }],
    [Infinity, { status: "FAILED", error: "States.Timeout" }],
  ])("passes in a fake that sleeps: %d s of the 5 that it may take", async (seconds, expected) => {
    const sleepy = async (_: unknown, { sleep }: FakeContext) => {
      await sleep(seconds);
      return "done";
    };
    expect(await execute(task({ TimeoutSeconds: 5 }), { states: { Charge: sleepy } })).toMatchObject(expected);
  });

  test("without an end is a year, which is AWS's longest execution", async () => {
    const silent = (_: unknown, { sleep }: FakeContext) => sleep(Infinity);
    expect(await execute(task(), { states: { Charge: silent } })).toMatchObject({ status: "TIMED_OUT" });
  });

  test("cannot begin at what is no time", async () => {
    await expect(execute(wait, { startTime: "soon" })).rejects.toMatchObject({ code: "states.start-time" });
  });
});

test("an execution without an end fails at 25,000 events, as in AWS", async () => {
  const forever: StateMachine = {
    StartAt: "Round",
    States: {
      Round: { Type: "Pass", Next: "Again" },
      Again: { Type: "Choice", Choices: [{ Variable: "$.done", IsPresent: true, Next: "Done" }], Default: "Round" },
      Done: { Type: "Succeed" },
    },
  };
  const { status, error, history } = await execute(forever);
  expect({ status, error }).toEqual({ status: "FAILED", error: "States.Runtime" });
  expect(history).toHaveLength(25_000);
});

test("a task that waits for a token is given it, and the answer is what it is sent back with", async () => {
  const machine = task({
    Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    Parameters: { MessageBody: { "token.$": "$$.Task.Token" } },
  });
  const execution = await execute(machine, {
    states: {
      Charge: ({ MessageBody }, { taskToken, submitted }) => {
        submitted({ MessageId: "1" });
        return { approved: MessageBody.token === taskToken };
      },
    },
  });
  expect(execution.output).toEqual({ approved: true });
  const sent = execution.history.find(({ type }) => type === "TaskSubmitted");
  expect(sent?.taskSubmittedEventDetails).toMatchObject({ resourceType: "sqs", output: '{"MessageId":"1"}' });
});

test("an execution can be stopped", async () => {
  const controller = new AbortController();
  const stopping = () => controller.abort();
  const { status, history } = await execute(task(), { states: { Charge: stopping }, signal: controller.signal });
  expect(status).toBe("ABORTED");
  expect(history.at(-1)).toMatchObject({ type: "ExecutionAborted", previousEventId: 0 });
});

test("a machine may be changed between executions", async () => {
  const machine = { StartAt: "Say", States: { Say: { Type: "Pass", Result: 1, End: true } } };
  expect(await execute(machine)).toMatchObject({ output: 1 });
  machine.States.Say.Result = 2;
  expect(await execute(machine)).toMatchObject({ output: 2 });
});

describe("a machine that AWS would refuse is refused before anything runs", () => {
  test.each<[string, object | string, string]>([
    ["no JSON", "{", "the definition is not JSON"],
    ["no states", {}, "These fields are required: [StartAt, States]"],
    ["JSONata", { ...task(), QueryLanguage: "JSONata" }, 'QueryLanguage "JSONata" is not supported'],
    ["a state that nothing leads to", { ...task(), States: { ...task().States, Lost: { Type: "Succeed" } } }, "Lost"],
    ["a Next that is not there", task({ End: undefined, Next: "Nowhere" }), 'state Charge: Next "Nowhere"'],
  ])("%s", async (_, machine, message) => {
    const refused = expect.objectContaining({
      code: "machine.invalid",
      message: expect.stringContaining(message) as string,
    });
    await expect(execute(machine)).rejects.toEqual(refused);
    expect(() => checkMachine(machine)).toThrow(refused);
  });
});
