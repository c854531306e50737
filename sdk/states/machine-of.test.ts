import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { execute, machineOf } from "../states.ts";

/** As CDK synthesizes a LambdaInvoke between two other states. */
const cdk = {
  Resources: {
    ChargeFunction1A2B: { Type: "AWS::Lambda::Function", Properties: {} },
    Orders3C4D: {
      Type: "AWS::StepFunctions::StateMachine",
      Properties: {
        DefinitionString: {
          "Fn::Join": [
            "",
            [
              '{"StartAt":"Charge","States":{"Charge":{"End":true,"Type":"Task","Resource":"arn:',
              { Ref: "AWS::Partition" },
              ':states:::lambda:invoke","Parameters":{"FunctionName":"',
              { "Fn::GetAtt": ["ChargeFunction1A2B", "Arn"] },
              '","Payload.$":"$"}}}}',
            ],
          ],
        },
      },
    },
  },
};

const sam = (Properties: object) => ({
  Resources: { Orders: { Type: "AWS::Serverless::StateMachine", Properties } },
});

const task = (Resource: unknown, more: object = {}) => ({
  StartAt: "Charge",
  States: { Charge: { Type: "Task", Resource, End: true, ...more } },
});

test("the machine of a CDK stack runs, its open values by their names", async () => {
  const execution = await execute(machineOf(cdk), {
    integrations: { "arn:aws:states:::lambda:invoke": ({ FunctionName }) => FunctionName },
  });
  expect(execution.output).toBe("ChargeFunction1A2B.Arn");
});

describe("what a template leaves open", () => {
  const machine = task(
    { "Fn::Sub": "arn:${AWS::Partition}:states:::${Service}:invoke" },
    {
      Parameters: {
        Queue: { Ref: "Queue" },
        Second: { "Fn::Select": [1, ["a", "b"]] },
        Literal: { "Fn::Sub": "${!Not} ${Own}" },
        With: { "Fn::Sub": ["${Own}-${Queue.Arn}", { Own: { Ref: "Queue" } }] },
      },
    },
  );

  test("is filled in by values", () => {
    const values = { Service: "lambda", Queue: "https://queue", "Queue.Arn": "arn:queue" };
    expect(machineOf(sam({ Definition: machine }), { values })).toEqual(
      task("arn:aws:states:::lambda:invoke", {
        Parameters: {
          Queue: "https://queue",
          Second: "b",
          Literal: "${Not} Own",
          With: "https://queue-arn:queue",
        },
      }),
    );
  });

  test("stands as its name otherwise", () => {
    const parameters = { Parameters: { Queue: { Ref: "Queue" } } };
    const { Charge } = machineOf(sam({ Definition: task("r", parameters) })).States;
    expect(Charge).toMatchObject({ Parameters: { Queue: "Queue" } });
  });
});

test("DefinitionSubstitutions fill in the tokens of a definition that is text", () => {
  const template = {
    Resources: {
      Orders: {
        Type: "AWS::StepFunctions::StateMachine",
        Properties: {
          DefinitionString: JSON.stringify(task("${Charge}", { Comment: "${Quoted} ${Unknown}" })),
          DefinitionSubstitutions: { Charge: { "Fn::GetAtt": ["Charge", "Arn"] }, Quoted: 'so "called"' },
        },
      },
    },
  };
  expect(machineOf(template)).toEqual(task("Charge.Arn", { Comment: 'so "called" ${Unknown}' }));
});

test("a definition in a file beside the template is read", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-states-"));
  try {
    const properties = { DefinitionUri: "orders.asl.json", DefinitionSubstitutions: { Charge: "arn:charge" } };
    writeFileSync(join(folder, "template.json"), JSON.stringify(sam(properties)));
    writeFileSync(join(folder, "orders.asl.json"), JSON.stringify(task("${Charge}")));
    expect(machineOf(join(folder, "template.json"))).toEqual(task("arn:charge"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("of several machines", () => {
  const two = { Resources: { ...cdk.Resources, ...sam({ Definition: task("r") }).Resources } };

  test("one is chosen by its logical id", () => {
    expect(machineOf(two, { logicalId: "Orders" })).toEqual(task("r"));
  });

  test("or by the beginning of it, since CDK adds letters of its own", () => {
    expect(machineOf(two, { logicalId: "Orders3" }).States).toHaveProperty("Charge.Parameters");
  });

  test.each<[object, object, string]>([
    [two, {}, "the template has several state machines: Orders3C4D, Orders"],
    [two, { logicalId: "Refunds" }, "the template has no one state machine Refunds: Orders3C4D, Orders"],
    [{ Resources: {} }, {}, "the template has no state machine"],
    [sam({ DefinitionUri: "orders.asl.json" }), {}, "has its definition in a file"],
    [sam({ Definition: { "Fn::Base64": "x" } }), {}, "Fn::Base64 in the state machine's definition"],
  ])("what cannot be told is said: %#", (template, options, message) => {
    const refusal = { code: "template.invalid", message: expect.stringContaining(message) as string };
    expect(() => machineOf(template, options)).toThrow(expect.objectContaining(refusal));
  });
});
