import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { execute, type StateMachine } from "../states.ts";

const task = (fields: object = {}): StateMachine =>
  ({
    StartAt: "Charge",
    States: { Charge: { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", End: true, ...fields } },
  }) as StateMachine;

describe("the history is what GetExecutionHistory gives", () => {
  const brief = (history: Awaited<ReturnType<typeof execute>>["history"]) =>
    history.map(({ id, previousEventId, type }) => [id, previousEventId, type]);

  test("of a task, with its details", async () => {
    const machine = task({ TimeoutSeconds: 5, Parameters: { FunctionName: "charge" } });
    const { history } = await execute(machine, { states: { Charge: { Payload: 1 } }, input: { order: 7 } });
    const timestamp = new Date("2000-01-01T00:00:00Z");
    const inputDetails = { truncated: false };
    const outputDetails = { truncated: false };
    const called = { resourceType: "lambda", resource: "invoke" };
    expect(history).toEqual([
      {
        timestamp,
        id: 1,
        previousEventId: 0,
        type: "ExecutionStarted",
        executionStartedEventDetails: {
          input: '{"order":7}',
          inputDetails,
          roleArn: "arn:aws:iam::123456789012:role/StateMachine",
        },
      },
      {
        timestamp,
        id: 2,
        previousEventId: 0,
        type: "TaskStateEntered",
        stateEnteredEventDetails: { name: "Charge", input: '{"order":7}', inputDetails },
      },
      {
        timestamp,
        id: 3,
        previousEventId: 2,
        type: "TaskScheduled",
        taskScheduledEventDetails: {
          ...called,
          region: "us-east-1",
          parameters: '{"FunctionName":"charge"}',
          timeoutInSeconds: 5,
        },
      },
      { timestamp, id: 4, previousEventId: 3, type: "TaskStarted", taskStartedEventDetails: called },
      {
        timestamp,
        id: 5,
        previousEventId: 4,
        type: "TaskSucceeded",
        taskSucceededEventDetails: { ...called, output: '{"Payload":1}', outputDetails },
      },
      {
        timestamp,
        id: 6,
        previousEventId: 5,
        type: "TaskStateExited",
        stateExitedEventDetails: { name: "Charge", output: '{"Payload":1}', outputDetails },
      },
      {
        timestamp,
        id: 7,
        previousEventId: 6,
        type: "ExecutionSucceeded",
        executionSucceededEventDetails: { output: '{"Payload":1}', outputDetails },
      },
    ]);
  });

  const each = (fields: object): StateMachine =>
    ({
      StartAt: "Each",
      States: {
        Each: {
          Type: "Map",
          MaxConcurrency: 1,
          ItemProcessor: { StartAt: "One", States: { One: { Type: "Pass", End: true } } },
          End: true,
          ...fields,
        },
      },
    }) as StateMachine;

  test("of a Map, whose iterations follow the one that made room for them", async () => {
    expect(brief((await execute(each({}), { input: ["a", "b"] })).history)).toEqual([
      [1, 0, "ExecutionStarted"],
      [2, 0, "MapStateEntered"],
      [3, 2, "MapStateStarted"],
      [4, 3, "MapIterationStarted"],
      [5, 4, "PassStateEntered"],
      [6, 5, "PassStateExited"],
      [7, 6, "MapIterationSucceeded"],
      [8, 6, "MapIterationStarted"],
      [9, 8, "PassStateEntered"],
      [10, 9, "PassStateExited"],
      [11, 10, "MapIterationSucceeded"],
      [12, 11, "MapStateSucceeded"],
      [13, 11, "MapStateExited"],
      [14, 13, "ExecutionSucceeded"],
    ]);
  });

  test("of a Map that is tried again, and fails", async () => {
    const body = { StartAt: "One", States: { One: { Type: "Fail", Error: "E" } } };
    const Retry = [{ ErrorEquals: ["E"], MaxAttempts: 1 }];
    expect(brief((await execute(each({ ItemProcessor: body, Retry }), { input: [1] })).history).slice(2)).toEqual([
      [3, 2, "MapStateStarted"],
      [4, 3, "MapIterationStarted"],
      [5, 4, "FailStateEntered"],
      [6, 5, "MapIterationFailed"],
      [7, 5, "MapStateStarted"],
      [8, 7, "MapIterationStarted"],
      [9, 8, "FailStateEntered"],
      [10, 9, "MapIterationFailed"],
      [11, 9, "MapStateFailed"],
      [12, 11, "ExecutionFailed"],
    ]);
  });

  test("of a distributed Map, whose children have histories of their own", async () => {
    const body = {
      ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
      StartAt: "One",
      States: { One: { Type: "Pass", End: true } },
    };
    const { history, children, executionArn } = await execute(each({ ItemProcessor: body, Label: "L" }), {
      input: [1],
    });
    expect(brief(history)).toEqual([
      [1, 0, "ExecutionStarted"],
      [2, 0, "MapStateEntered"],
      [3, 2, "MapStateStarted"],
      [4, 3, "MapRunStarted"],
      [5, 4, "MapRunSucceeded"],
      [6, 5, "MapStateSucceeded"],
      [7, 5, "MapStateExited"],
      [8, 7, "ExecutionSucceeded"],
    ]);
    expect(history[3]?.mapRunStartedEventDetails?.mapRunArn).toMatch(/^arn:aws:states:.*:mapRun:StateMachine\/L:/);
    expect(children.map((child) => child.executionArn)).toEqual([`${executionArn}/Each:0`]);
    expect(brief(children[0]!.history)).toEqual([
      [1, 0, "ExecutionStarted"],
      [2, 0, "PassStateEntered"],
      [3, 2, "PassStateExited"],
      [4, 3, "ExecutionSucceeded"],
    ]);
  });

  test("of a Parallel whose branch fails while another still runs", async () => {
    const machine: StateMachine = {
      StartAt: "Both",
      States: {
        Both: {
          Type: "Parallel",
          Branches: [
            { StartAt: "Slow", States: { Slow: { Type: "Wait", Seconds: 60, End: true } } },
            { StartAt: "Bad", States: { Bad: { Type: "Fail", Error: "E", Cause: "because" } } },
          ],
          Catch: [{ ErrorEquals: ["States.ALL"], Next: "Hint" }],
          End: true,
        },
        Hint: { Type: "Succeed" },
      },
    };
    expect(brief((await execute(machine)).history)).toEqual([
      [1, 0, "ExecutionStarted"],
      [2, 0, "ParallelStateEntered"],
      [3, 2, "ParallelStateStarted"],
      [4, 3, "WaitStateEntered"],
      [5, 3, "FailStateEntered"],
      [6, 5, "WaitStateAborted"],
      [7, 5, "ParallelStateFailed"],
      [8, 7, "ParallelStateExited"],
      [9, 8, "SucceedStateEntered"],
      [10, 9, "SucceedStateExited"],
      [11, 10, "ExecutionSucceeded"],
    ]);
  });

  test("with the event that a failed state was entered by in its cause", async () => {
    const machine = task({ InputPath: "$.order" });
    const { cause, history } = await execute(machine, { states: { Charge: 1 } });
    expect(cause).toBe(
      "An error occurred while executing the state 'Charge' (entered at the event id #2). Invalid path '$.order' : No results for path: $['order']",
    );
    expect(history.at(-1)?.executionFailedEventDetails).toEqual({ error: "States.Runtime", cause });
  });

  const arn = "arn:aws:lambda:us-east-1:123456789012:function:charge";
  const activity = "arn:aws:states:us-east-1:123456789012:activity:charge";

  test.each([
    ["arn:aws:states:::batch:submitJob.sync", ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskTimedOut"]],
    [arn, ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionTimedOut"]],
    [activity, ["ActivityScheduled", "ActivityStarted", "ActivityTimedOut"]],
  ])("in the words of what is called: %s", async (Resource, types) => {
    const machine = task({ Resource, TimeoutSeconds: 5, HeartbeatSeconds: 2 });
    const { history } = await execute(machine, { states: { Charge: (_, { sleep }) => sleep(Infinity) } });
    expect(history.slice(2, -1).map(({ type }) => type)).toEqual(types);
    expect(history.at(-1)?.executionFailedEventDetails).toEqual({ error: "States.Timeout" });
  });

  test("with the credentials and the heartbeat of a task", async () => {
    const RoleArn = "arn:aws:iam::123456789012:role/charge";
    const machine = task({ Credentials: { RoleArn }, HeartbeatSeconds: 2 });
    const { history } = await execute(machine, { states: { Charge: (_, { credentials }) => credentials } });
    expect(history[2]?.taskScheduledEventDetails).toMatchObject({
      taskCredentials: { roleArn: RoleArn },
      heartbeatInSeconds: 2,
    });
    expect(history.at(-1)?.executionSucceededEventDetails?.output).toBe(JSON.stringify({ RoleArn }));
  });

  test("with what a state assigned", async () => {
    const machine = task({ Assign: { "receipt.$": "$.receipt" } });
    const { history } = await execute(machine, { states: { Charge: { receipt: 42 } } });
    expect(history.at(-2)?.stateExitedEventDetails).toMatchObject({
      assignedVariables: { receipt: "42" },
      assignedVariablesDetails: { truncated: false },
    });
  });

  test("in the shape of the AWS SDK's own", async () => {
    const { history } = await execute(task(), { states: { Charge: 1 } });
    const events: HistoryEvent[] = [...history];
    expect(events).toHaveLength(7);
  });
});
