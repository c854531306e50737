import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isSkipped, startAccount } from "./account.ts";
import { signedHeaders } from "./sign.ts";
import { clientOf, deployStack, permission, role, type Resources } from "./stack.ts";

const account = await startAccount();

/** Notes in its log what it was called with, and answers with it. */
const REMEMBER = `exports.handler = async (event, context) => {
  if (event.crash) process.exit(1);
  if (event.throws) throw new TypeError("no good");
  if (event.slow) await new Promise((resolve) => setTimeout(resolve, 60000));
  console.log(JSON.stringify(event));
  return event.requestContext ? { statusCode: 201, headers: { "x-route": event.routeKey }, body: event.body } : event;
};`;

const resources: Resources = {
  Role: role,
  Remember: {
    Type: "AWS::Lambda::Function",
    Properties: {
      FunctionName: "remember",
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Timeout: 2,
      Role: { "Fn::GetAtt": ["Role", "Arn"] },
      Code: { ZipFile: REMEMBER },
    },
  },
  CalledByApi: permission("Remember", "apigateway"),
  CalledByEvents: permission("Remember", "events"),
  Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api", ProtocolType: "HTTP" } },
  Integration: {
    Type: "AWS::ApiGatewayV2::Integration",
    Properties: {
      ApiId: { Ref: "Api" },
      IntegrationType: "AWS_PROXY",
      IntegrationUri: { "Fn::GetAtt": ["Remember", "Arn"] },
      PayloadFormatVersion: "2.0",
    },
  },
  Route: {
    Type: "AWS::ApiGatewayV2::Route",
    Properties: {
      ApiId: { Ref: "Api" },
      RouteKey: "POST /runs/{run}",
      AuthorizationType: "AWS_IAM",
      Target: { "Fn::Join": ["/", ["integrations", { Ref: "Integration" }]] },
    },
  },
  Rule: {
    Type: "AWS::Events::Rule",
    Properties: {
      EventPattern: { source: ["shop"] },
      State: "ENABLED",
      Targets: [
        {
          Id: "remember",
          Arn: { "Fn::GetAtt": ["Remember", "Arn"] },
          InputTransformer: {
            InputPathsMap: { id: "$.id", what: "$.detail-type", order: "$.detail.order" },
            InputTemplate: '{"id": <id>, "text": "<what> of <order>", "order": <order>}',
          },
        },
      ],
    },
  },
  Ends: {
    Type: "AWS::Events::Rule",
    Properties: {
      EventPattern: {
        source: ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
      },
      State: "ENABLED",
      Targets: [{ Id: "remember", Arn: { "Fn::GetAtt": ["Remember", "Arn"] } }],
    },
  },
  Machine: {
    Type: "AWS::StepFunctions::StateMachine",
    Properties: {
      RoleArn: { "Fn::GetAtt": ["Role", "Arn"] },
      DefinitionSubstitutions: { function: { "Fn::GetAtt": ["Remember", "Arn"] } },
      DefinitionString: JSON.stringify({
        StartAt: "Call",
        States: {
          Call: {
            Type: "Task",
            Resource: "arn:aws:states:::lambda:invoke",
            Parameters: { FunctionName: "${function}", "Payload.$": "$" },
            OutputPath: "$.Payload",
            End: true,
          },
        },
      }),
    },
  },
};

describe.skipIf(isSkipped(account))("the account on this machine", () => {
  if (isSkipped(account)) return;
  const client = clientOf(account);
  const lambda = new LambdaClient(client);
  let outputs: Record<string, string>;

  beforeAll(async () => {
    const wanted = { api: { "Fn::GetAtt": ["Api", "ApiEndpoint"] }, machine: { Ref: "Machine" } };
    outputs = await deployStack(account, "account", { resources, outputs: wanted });
  });
  afterEach(() => account.rig("DELETE", "faults"));
  afterAll(() => account.stop());

  async function invoke(event: unknown): Promise<{ error?: string | undefined; payload: any }> {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: "remember", Payload: JSON.stringify(event) }),
    );
    return { error: FunctionError, payload: JSON.parse(Buffer.from(Payload!).toString()) };
  }

  /** Of all that the function was called with, what fits; waits for it. */
  async function eventWhere(fits: (event: any) => boolean): Promise<any> {
    const logs = new CloudWatchLogsClient(client);
    for (;;) {
      const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/remember" }));
      const found = events!
        .flatMap(({ message }) => (message!.startsWith("{") ? [JSON.parse(message!)] : []))
        .find(fits);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  test("runs a function's code, warm, and keeps what it prints", async () => {
    expect(await invoke({ hello: 1 })).toEqual({ payload: { hello: 1 } });
    expect(await eventWhere((event) => event.hello === 1)).toBeDefined();
  });

  test.each([
    ["throws", { throws: true }, { errorType: "TypeError", errorMessage: "no good" }],
    ["ends its process", { crash: true }, { errorType: "Runtime.ExitError" }],
    ["takes longer than its timeout", { slow: true }, { errorType: "Sandbox.Timedout" }],
  ])("tells of a function that %s", async (_what, event, error) => {
    expect(await invoke(event)).toMatchObject({ error: "Handled", payload: error });
  });

  async function post(
    path: string,
    body: string,
    over: { headers?: Record<string, string>; service?: string } = {},
  ): Promise<Response> {
    const url = new URL(`${outputs["api"]}${path}`);
    const headers =
      over.headers ?? signedHeaders({ method: "POST", url, body, service: over.service ?? "execute-api" });
    return fetch(url, {
      method: "POST",
      body,
      headers: { ...headers, "content-type": "application/json" },
    });
  }

  describe("its HTTP API", () => {
    test("hands a signed request to its function", async () => {
      const response = await post("/runs/Stats%2F42?page=2&empty=", '{"top":5}');
      expect([response.status, response.headers.get("x-route"), await response.text()]).toEqual([
        201,
        "POST /runs/{run}",
        '{"top":5}',
      ]);
      const event = await eventWhere(({ routeKey }) => routeKey === "POST /runs/{run}");
      expect(event).toMatchObject({
        version: "2.0",
        pathParameters: { run: "Stats/42" },
        queryStringParameters: { page: "2", empty: "" },
      });
    });

    test("refuses a request that is not signed, or signed for something else", async () => {
      expect((await post("/runs/1", "{}", { headers: {} })).status).toBe(403);
      expect((await post("/runs/1", "{}", { service: "s3" })).status).toBe(403);
      const headers = signedHeaders({
        method: "POST",
        url: new URL(`${outputs["api"]}/runs/2`),
        body: "{}",
        service: "execute-api",
      });
      expect((await post("/runs/1", "{}", { headers })).status).toBe(403);
    });

    test("can fail for a while", async () => {
      await account.rig("POST", "faults", {
        target: "http",
        match: "POST .*/runs/",
        status: 503,
        times: 2,
      });
      const statuses = [];
      for (let i = 0; i < 3; i++) statuses.push((await post("/runs/1", "{}")).status);
      expect(statuses).toEqual([503, 503, 201]);
    });

    test("can lose its answer after the work is done", async () => {
      await account.rig("POST", "faults", {
        target: "http",
        match: "/runs/lost",
        status: 500,
        after: true,
      });
      expect((await post("/runs/lost", "{}")).status).toBe(500);
      expect(await eventWhere((event) => event.pathParameters?.run === "lost")).toBeDefined();
    });

    test("counts what it is asked", async () => {
      await account.rig("DELETE", "stats");
      await post("/runs/1", "{}");
      expect(await account.stats()).toMatchObject({
        http: { "POST /runs/{run}": 1 },
        function: { remember: 1 },
      });
    });
  });

  test("delivers an event through its rule's input transformer", async () => {
    const events = new EventBridgeClient(client);
    await events.send(
      new PutEventsCommand({
        Entries: [{ Source: "shop", DetailType: "Order Placed", Detail: JSON.stringify({ order: 7 }) }],
      }),
    );
    expect(await eventWhere((event) => event.order === 7)).toEqual({
      id: expect.stringMatching(/^[\w-]{36}$/) as string,
      text: "Order Placed of 7",
      order: 7,
    });
  });

  test("runs a machine, and its end is an event", async () => {
    const sfn = new SFNClient(client);
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({
        stateMachineArn: outputs["machine"],
        name: "one",
        input: '{"from":"machine"}',
      }),
    );
    const end = await eventWhere((event) => event.detail?.executionArn === executionArn);
    expect(end).toMatchObject({
      "detail-type": "Step Functions Execution Status Change",
      detail: { status: "SUCCEEDED", name: "one" },
    });
    const { output } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect(JSON.parse(output!)).toEqual({ from: "machine" });
  });

  test("can throttle a service, which its client then tries again", async () => {
    await account.rig("DELETE", "stats");
    await account.rig("POST", "faults", {
      target: "aws",
      match: "^dynamodb:ListTables$",
      status: 400,
      code: "ThrottlingException",
      times: 2,
    });
    await new DynamoDBClient(client).send(new ListTablesCommand({}));
    expect((await account.stats()).aws).toEqual({ "dynamodb:ListTables": 3 });
  });

  describe("its bucket", () => {
    const s3 = new S3Client(client);
    beforeAll(() => s3.send(new CreateBucketCommand({ Bucket: "bucket" })));

    test("refuses an upload that is not what its checksum says", async () => {
      const upload = { Bucket: "bucket", Key: "key", ChecksumSHA256: sha256("one thing") };
      const wrong = s3.send(new PutObjectCommand({ ...upload, Body: "another" }));
      await expect(wrong).rejects.toMatchObject({ name: "BadDigest" });
      await s3.send(new PutObjectCommand({ ...upload, Body: "one thing" }));
    });

    test("refuses a presigned URL that was changed", async () => {
      const url = new URL(`${account.endpoint}/bucket/key`);
      const signed = signedHeaders({ method: "GET", url, body: "", service: "s3", presign: true });
      const query = new URLSearchParams(signed);
      expect((await fetch(`${url}?${query}`)).status).toBe(200);
      expect((await fetch(`${account.endpoint}/bucket/other?${query}`)).status).toBe(403);
      expect((await fetch(`${url}?${query}`, { method: "PUT", body: "x" })).status).toBe(403);
    });
  });
});

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
