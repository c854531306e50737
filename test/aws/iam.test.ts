import { CreateStateMachineCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { BatchClient, SubmitJobCommand, TagResourceCommand, TerminateJobCommand } from "@aws-sdk/client-batch";
import { DynamoDBClient, GetItemCommand, ListTablesCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isSkipped } from "./account.ts";
import { borrowAccount } from "./lent.ts";
import { ADMINISTRATOR, signedHeaders, type Keys } from "./sign.ts";
import { clientOf } from "./stack.ts";

const account = await borrowAccount();

interface Right {
  readonly owner: string;
  readonly action: string;
  readonly resource: string;
  readonly used: boolean;
}

describe.skipIf(isSkipped(account))("IAM in the account on this machine", { timeout: 60_000 }, () => {
  if (isSkipped(account)) return;
  const { rig, endpoint } = account;
  const { outputs } = account;
  let person: Keys;
  /** Logical name → the role's own name. */
  const roles = new Map<string, string>();
  const { Table: table = "", Bucket: bucket = "" } = outputs;

  beforeAll(async () => {
    person = keysOf(await rig("POST", "people/ann", { policies: [outputs["PeoplePolicy"]] }));
    for (const { owner } of (await rig("GET", "rights")) as Right[]) {
      const [, logical = ""] = /^role\/millrace-lent-(\w+?)-\w+$/.exec(owner) ?? [];
      roles.set(logical, owner.slice("role/".length));
    }
  });
  afterAll(() => account.stop());

  /** What somebody has who has read a role's credentials. */
  async function session(logical: string, service: string, seconds = 900): Promise<Keys> {
    return keysOf(await rig("POST", "sessions", { role: roles.get(logical), service, seconds }));
  }
  const as = (keys: Keys) => ({ ...clientOf(account), credentials: keys, maxAttempts: 1, forcePathStyle: true });
  const lambda = "lambda.amazonaws.com";
  const container = "ecs-tasks.amazonaws.com";

  /** Of STS, for which the project needs no SDK. Throws an error by the name of what it says. */
  async function askSts(by: Keys, asked: Record<string, string>): Promise<string> {
    const url = new URL(endpoint);
    const body = new URLSearchParams({ ...asked, Version: "2011-06-15" }).toString();
    const given = { "content-type": "application/x-www-form-urlencoded" };
    const headers = signedHeaders({ method: "POST", url, body, service: "sts", by, headers: given });
    const response = await fetch(url, { method: "POST", headers, body });
    const text = await response.text();
    if (!response.ok) throw Object.assign(new Error(text), { name: /<Code>(\w+)/.exec(text)?.[1] });
    return text;
  }

  /** How the call was refused: the error's name, or nothing where it was not. */
  async function refusal(call: Promise<unknown>): Promise<string | undefined> {
    return call.then(
      () => undefined,
      (error: Error) => error.name,
    );
  }

  describe("attack: ending jobs that are not the stack's", () => {
    const batch = new BatchClient(clientOf(account));
    const machines = () => session("MachineRole", "states.amazonaws.com");
    const callers = [
      ["a person", async () => person],
      ["a state machine", machines],
    ] as const;

    /** A job that waits in the queue of the stack, as an administrator may submit it. */
    async function submitted(tags?: Record<string, string>): Promise<string> {
      const { jobId } = await batch.send(
        new SubmitJobCommand({
          jobName: "others",
          jobQueue: outputs["OnDemandQueue"],
          jobDefinition: outputs["JobDefinition"],
          containerOverrides: { command: ["sleep", "30"] },
          ...(tags && { tags }),
        }),
      );
      return jobId!;
    }
    const terminate = async (keys: Keys, jobId: string) =>
      refusal(new BatchClient(as(keys)).send(new TerminateJobCommand({ jobId, reason: "an attack" })));
    const tag = async (keys: Keys, jobId: string) => {
      const resourceArn = `arn:aws:batch:us-east-1:123456789012:job/${jobId}`;
      const command = new TagResourceCommand({ resourceArn, tags: { "millrace:stack": outputs["Stack"]! } });
      return refusal(new BatchClient(as(keys)).send(command));
    };

    test.each(callers)(
      "is refused to %s, whatever the job's tags, and what has the stack's own can be ended",
      async (_, keys) => {
        const by = await keys();
        const own = await submitted({ "millrace:stack": outputs["Stack"]! });
        const others = [await submitted(), await submitted({ "millrace:stack": `${outputs["Stack"]}-2` })];
        for (const job of others) expect(await terminate(by, job)).toMatch(/^AccessDenied/);
        expect(await terminate(by, own)).toBeUndefined();
        for (const jobId of others) await batch.send(new TerminateJobCommand({ jobId, reason: "the test is over" }));
      },
    );

    test.each(callers)("is not made possible by tagging them first, for %s", async (_, keys) => {
      for (const tags of [undefined, { "millrace:stack": `${outputs["Stack"]}-2` }]) {
        const jobId = await submitted(tags);
        expect(await tag(await keys(), jobId)).toMatch(/^AccessDenied/);
        await batch.send(new TerminateJobCommand({ jobId, reason: "the test is over" }));
      }
    });
  });

  describe("refuses at every service", () => {
    const wrong: readonly (readonly [what: string, keys: () => Promise<Keys>, codes: readonly string[]])[] = [
      [
        "an unknown key",
        async () => ({ accessKeyId: "AKIANOBODY", secretAccessKey: "x" }),
        ["UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"],
      ],
      [
        "a known key with another's secret",
        async () => ({ accessKeyId: person.accessKeyId, secretAccessKey: ADMINISTRATOR.secretAccessKey }),
        ["InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"],
      ],
      [
        "a role's key without its token",
        async () => ({ ...(await session("RunsRole", lambda)), sessionToken: undefined }),
        ["UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken"],
      ],
      [
        "a role's key with another's token",
        async () => ({
          ...(await session("RunsRole", lambda)),
          sessionToken: (await session("SignRole", lambda)).sessionToken,
        }),
        ["UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken"],
      ],
      [
        "credentials that have expired",
        () => session("RunsRole", lambda, -1),
        ["ExpiredTokenException", "ExpiredToken", "ExpiredToken"],
      ],
    ];

    test.each(wrong)("%s", async (_, keys, codes) => {
      const given = as((await keys()) as Required<Keys>);
      const key = { pk: { S: "flow#A" }, sk: { S: "A" } };
      expect([
        await refusal(new DynamoDBClient(given).send(new GetItemCommand({ TableName: table, Key: key }))),
        await refusal(askSts(given.credentials, { Action: "GetCallerIdentity" })),
        await refusal(new S3Client(given).send(new GetObjectCommand({ Bucket: bucket, Key: "blobs/a" }))),
      ]).toEqual(codes);
    });
  });

  describe("refuses at the HTTP API", () => {
    const minutes = (count: number) => new Date(Date.now() + count * 60_000);

    async function status(headers: Record<string, string>, body?: string): Promise<number> {
      const url = `${outputs["ApiUrl"]}/flows`;
      return (await fetch(url, { method: body === undefined ? "GET" : "POST", headers, ...(body && { body }) })).status;
    }
    const signed = (over: Partial<Parameters<typeof signedHeaders>[0]> = {}) =>
      signedHeaders({
        method: "GET",
        url: new URL(`${outputs["ApiUrl"]}/flows`),
        body: "",
        service: "execute-api",
        by: person,
        ...over,
      });

    test("nobody who has signed as they should", async () => {
      expect(await status(signed())).toBe(200);
    });

    test.each<[string, () => Record<string, string>]>([
      ["a request that is not signed", () => ({})],
      ["one that only looks so", () => ({ authorization: "AWS4-HMAC-SHA256 Credential=testing" })],
      ["one that was signed six minutes ago", () => signed({ at: minutes(-6) })],
      ["one of the future", () => signed({ at: minutes(6) })],
      ["one that was signed for another service", () => signed({ service: "s3" })],
      ["one that was signed for another method", () => signed({ method: "POST" })],
      ["one that was signed for another body", () => signed({ body: "{}" })],
      ["one with another's secret", () => signed({ by: { ...person, secretAccessKey: "testing" } })],
      ["one whose date is not what was signed", () => ({ ...signed(), "x-amz-date": "20200101T000000Z" })],
      ["one with a header of AWS's that was not signed", () => ({ ...signed(), "x-amz-security-token": "mine" })],
    ])("%s", async (_, headers) => {
      expect(await status(headers())).toBe(403);
    });

    test("a task that asks for more than the tasks' routes", async () => {
      const by = await session("JobRole", container);
      expect(await status(signed({ by }))).toBe(403);
      const path = `${outputs["ApiUrl"]}/runs/Any/1/tasks/heartbeat`;
      const headers = signedHeaders({ method: "POST", url: new URL(path), body: "{}", service: "execute-api", by });
      const answer = await fetch(path, { method: "POST", headers, body: "{}" });
      // It comes in, and its token is missed there.
      expect([answer.status, await answer.text()]).not.toEqual([403, '{"message": "Forbidden"}']);
    });
  });

  describe("a presigned URL", () => {
    const url = () => new URL(`${account.endpoint}/${bucket}/blobs/presigned`);
    const presigned = (over: Partial<Parameters<typeof signedHeaders>[0]> = {}) =>
      `${url()}?${new URLSearchParams(
        signedHeaders({ method: "GET", url: url(), body: "", service: "s3", presign: true, ...over }),
      )}`;

    beforeAll(async () => {
      const admin = new S3Client({ ...clientOf(account), forcePathStyle: true });
      await admin.send(new PutObjectCommand({ Bucket: bucket, Key: "blobs/presigned", Body: "here" }));
    });

    test("of a role that may read reads, for as long as it is good", async () => {
      const by = await session("SignRole", lambda);
      expect(await (await fetch(presigned({ by }))).text()).toBe("here");
      const late = await fetch(presigned({ by, at: new Date(Date.now() - 20_000), seconds: 10 }));
      expect([late.status, await late.text()]).toEqual([403, expect.stringContaining("Request has expired")]);
    });

    test("of who may not read is refused, and so is one with a header that nobody signed", async () => {
      expect((await fetch(presigned({ by: person }))).status).toBe(403);
      const headers = { "x-amz-meta-mine": "yes" };
      expect((await fetch(presigned(), { headers })).status).toBe(403);
    });

    test("is good for a week at most", async () => {
      expect((await fetch(presigned({ seconds: 604_801 }))).status).toBe(400);
    });
  });

  describe("refuses", () => {
    const item = (pk: string) => ({ TableName: table, Key: { pk: { S: pk }, sk: { S: "A" } } });
    const arn = (name: string) => `arn:aws:iam::123456789012:role/${roles.get(name)}`;
    const machine = "arn:aws:states:us-east-1:123456789012:stateMachine";
    const definition = JSON.stringify({ StartAt: "End", States: { End: { Type: "Succeed" } } });
    const create = (name: string, role: string) =>
      new CreateStateMachineCommand({ name, definition, roleArn: arn(role) });

    const lacks: readonly (readonly [
      what: string,
      who: () => Promise<Keys>,
      does: (keys: Keys) => Promise<unknown>,
    ])[] = [
      [
        "a task that reads the table",
        () => session("JobRole", container),
        (keys) => new DynamoDBClient(as(keys)).send(new GetItemCommand(item("flow#A"))),
      ],
      [
        "a short step that reads a blob",
        () => session("RunnerRole", lambda),
        (keys) => new S3Client(as(keys)).send(new GetObjectCommand({ Bucket: bucket, Key: "blobs/a" })),
      ],
      [
        "the function for tasks that writes over where deployments' ranges stand",
        () => session("TasksRole", lambda),
        (keys) => new S3Client(as(keys)).send(new PutObjectCommand({ Bucket: bucket, Key: "ranges.json", Body: "" })),
      ],
      [
        "registration that reads runs",
        () => session("RegisterRole", lambda),
        (keys) => new DynamoDBClient(as(keys)).send(new GetItemCommand(item("run#A#1"))),
      ],
      [
        "registration that queries at all",
        () => session("RegisterRole", lambda),
        (keys) =>
          new DynamoDBClient(as(keys)).send(
            new QueryCommand({
              TableName: table,
              KeyConditionExpression: "pk = :pk",
              ExpressionAttributeValues: { ":pk": { S: "flow#A" } },
            }),
          ),
      ],
      [
        "registration that makes another deployment's machine",
        () => session("RegisterRole", lambda),
        (keys) => new SFNClient(as(keys)).send(create("millrace-other-A", "MachineRole")),
      ],
      [
        "registration that passes a role which is not the machines'",
        () => session("RegisterRole", lambda),
        (keys) => new SFNClient(as(keys)).send(create("millrace-lent-A", "RegisterRole")),
      ],
      [
        "the function for runs that makes a machine",
        () => session("RunsRole", lambda),
        (keys) => new SFNClient(as(keys)).send(create("millrace-lent-A", "MachineRole")),
      ],
      [
        "a machine that reads a run",
        () => session("MachineRole", "states.amazonaws.com"),
        (keys) => new DynamoDBClient(as(keys)).send(new GetItemCommand(item("run#A#1"))),
      ],
      [
        "a machine that calls the function for runs",
        () => session("MachineRole", "states.amazonaws.com"),
        (keys) => new LambdaClient(as(keys)).send(new InvokeCommand({ FunctionName: "millrace-lent-runs" })),
      ],
      [
        "a person who reads the table",
        async () => person,
        (keys) => new DynamoDBClient(as(keys)).send(new GetItemCommand(item("flow#A"))),
      ],
      [
        "a person who lists the bucket",
        async () => person,
        (keys) => new S3Client(as(keys)).send(new ListObjectsV2Command({ Bucket: bucket })),
      ],
      [
        "a person who starts an execution",
        async () => person,
        (keys) =>
          new SFNClient(as(keys)).send(new StartExecutionCommand({ stateMachineArn: `${machine}:millrace-lent-A` })),
      ],
      [
        "a person who takes a role",
        async () => person,
        (keys) => askSts(keys, { Action: "AssumeRole", RoleArn: arn("RunsRole"), RoleSessionName: "mine" }),
      ],
      [
        "a task that ends another's job",
        () => session("JobRole", container),
        (keys) => new BatchClient(as(keys)).send(new TerminateJobCommand({ jobId: "1", reason: "mine" })),
      ],
    ];

    test.each(lacks)("%s", async (_, who, does) => {
      expect(await refusal(does(await who()))).toMatch(/^AccessDenied(Exception)?$/);
    });

    test("a service that a role does not trust", async () => {
      await expect(session("JobRole", lambda)).rejects.toThrow("its trust policy does not let it");
      await expect(session("RunsRole", container)).rejects.toThrow("its trust policy does not let it");
    });

    test("to tell who may not list the bucket that an object is missing", async () => {
      const get = new GetObjectCommand({ Bucket: bucket, Key: "map-runs/none" });
      const machines = as(await session("MachineRole", "states.amazonaws.com"));
      expect(await refusal(new S3Client(machines).send(get))).toBe("AccessDenied");
      const runs = as(await session("RunsRole", lambda));
      const missing = new GetObjectCommand({ Bucket: bucket, Key: "blobs/none" });
      expect(await refusal(new S3Client(runs).send(missing))).toBe("NoSuchKey");
    });

    test("loudly, what nobody here can judge", async () => {
      const call = new DynamoDBClient(as(person)).send(new ListTablesCommand({}));
      await expect(call).rejects.toThrow(/what dynamodb:.*ListTables needs is not known here/);
    });
  });

  test("tells who somebody is", async () => {
    const answer = await askSts(person, { Action: "GetCallerIdentity" });
    expect(answer).toContain("<Arn>arn:aws:iam::123456789012:user/ann</Arn>");
  });
});

function keysOf(answer: unknown): Keys {
  const { AccessKeyId, SecretAccessKey, Token } = answer as Record<string, string>;
  return { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, ...(Token && { sessionToken: Token }) };
}
