// Any state machine of AWS Step Functions can be run in a test: no account, no container, no waiting. See docs/states.md.
import { execute, fail, inTurn, type StateMachine } from "millrace/states";
import { expect, test } from "vitest";

const machine: StateMachine = {
  StartAt: "Reserve",
  States: {
    Reserve: {
      Type: "Task",
      Resource: "arn:aws:states:::dynamodb:putItem",
      Parameters: { TableName: "orders", Item: { id: { "S.$": "States.Format('{}', $.order)" } } },
      ResultPath: null,
      Next: "Cool off",
    },
    "Cool off": { Type: "Wait", Seconds: 86_400, Next: "Charge" },
    Charge: {
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Parameters: { FunctionName: "charge", "Payload.$": "$" },
      ResultSelector: { "receipt.$": "$.Payload.receipt" },
      Retry: [{ ErrorEquals: ["CardDeclined"], IntervalSeconds: 60, MaxAttempts: 2 }],
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "Give up" }],
      End: true,
    },
    "Give up": { Type: "Fail", Error: "NotCharged", CausePath: "$.Cause" },
  },
};

const declined = fail("CardDeclined", "no money");
const integrations = { "arn:aws:states:::dynamodb:putItem": {} };

test("an order is charged a day after it was reserved", async () => {
  const execution = await execute(machine, {
    input: { order: 7 },
    startTime: "2026-03-14T00:00:00Z",
    integrations,
    states: { Charge: inTurn(declined, { Payload: { receipt: 42 } }) },
  });
  expect(execution).toMatchObject({ status: "SUCCEEDED", output: { receipt: 42 } });
  expect(execution.calls[0]?.parameters.Item).toEqual({ id: { S: "7" } });
  expect(execution.stopDate.toISOString()).toBe("2026-03-15T00:01:00.000Z");
});

test("a card that stays declined is given up after three attempts", async () => {
  const execution = await execute(machine, { input: { order: 7 }, integrations, states: { Charge: declined } });
  expect(execution).toMatchObject({ status: "FAILED", error: "NotCharged", cause: "no money" });
  expect(execution.history.filter(({ type }) => type === "TaskFailed")).toHaveLength(3);
});
