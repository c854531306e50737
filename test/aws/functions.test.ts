import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isSkipped, startAccount } from "./account.ts";
import { clientOf, deployStack, role } from "./stack.ts";

const account = await startAccount();

/** Says by which of its versions it was called. */
const zip = (word: string) =>
  zipSync({
    "index.js": strToU8(`exports.handler = async (_, { functionVersion }) => "${word} of " + functionVersion;`),
  });

describe.skipIf(isSkipped(account))("functions that are made while the account runs", () => {
  if (isSkipped(account)) return;
  const client = new LambdaClient({ ...clientOf(account), maxAttempts: 1 });
  let made: CreateFunctionCommandInput;

  beforeAll(async () => {
    const template = {
      resources: { Role: role, Other: other },
      outputs: { role: { "Fn::GetAtt": ["Role", "Arn"] }, other: { "Fn::GetAtt": ["Other", "Arn"] } },
    };
    const outputs = await deployStack(account, "functions", template);
    made = {
      FunctionName: "made",
      Role: outputs["role"],
      Handler: "index.handler",
      Runtime: "nodejs22.x",
      Code: { ZipFile: zip("first") },
    };
    refused["a role that Lambda can't take"] = [{ Role: outputs["other"] }, /cannot be assumed by Lambda/];
    await client.send(new CreateFunctionCommand(made));
  });
  afterAll(() => account.stop());

  const other = {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: "batch.amazonaws.com" }, Action: "sts:AssumeRole" }],
      },
    },
  } as const;
  const which = { FunctionName: "made" };
  const updated = () => waitUntilFunctionUpdatedV2({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, which);
  const publish = async (more: object = {}) => {
    const { Version = "" } = await client.send(new PublishVersionCommand({ ...which, ...more }));
    const wait = { client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 };
    await waitUntilPublishedVersionActive(wait, { ...which, Qualifier: Version });
    return Version;
  };
  const call = async (Qualifier?: string) => {
    const { Payload } = await client.send(new InvokeCommand({ ...which, ...(Qualifier && { Qualifier }) }));
    return JSON.parse(Buffer.from(Payload!).toString()) as string;
  };
  const conflict = { name: "ResourceConflictException", $metadata: { httpStatusCode: 409 } };

  const refused: Record<string, [Partial<CreateFunctionCommandInput>, RegExp]> = {
    "a name that is too long": [{ FunctionName: "f".repeat(65) }, /at 'functionName'/],
    "more memory than there is": [{ MemorySize: 10_241 }, /at 'memorySize'/],
    "variables that are Lambda's own": [
      { Environment: { Variables: { AWS_REGION: "x" } } },
      /reserved keys: AWS_REGION|Reserved keys/,
    ],
    "variables that are too large": [{ Environment: { Variables: { A: "x".repeat(4096) } } }, /4KB limit/],
    "a zip that is none": [{ Code: { ZipFile: strToU8("no zip") } }, /Could not unzip/],
    "a role that Lambda can't take": [{}, /./],
  };

  test("can't be called or changed before they are there, nor made twice", async () => {
    await expect(call()).rejects.toMatchObject(conflict);
    await expect(client.send(new PublishVersionCommand(which))).rejects.toMatchObject(conflict);
    await expect(client.send(new CreateFunctionCommand(made))).rejects.toMatchObject(conflict);
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, which);
    expect(await call()).toBe("first of $LATEST");
  }, 30_000);

  test.each(Object.keys(refused))("are refused with %s", async (what) => {
    const [over, message] = refused[what]!;
    const making = client.send(new CreateFunctionCommand({ ...made, FunctionName: "other", ...over }));
    await expect(making).rejects.toThrow(message);
  });

  test("have versions that stay as they are, and whose numbers are never used again", async () => {
    expect(await publish()).toBe("1");
    expect(await publish()).toBe("1");
    const { RevisionId } = await client.send(new UpdateFunctionCodeCommand({ ...which, ZipFile: zip("second") }));
    const changing = client.send(new UpdateFunctionConfigurationCommand({ ...which, MemorySize: 256 }));
    await expect(changing).rejects.toMatchObject(conflict);
    await updated();
    await expect(publish({ CodeSha256: "other" })).rejects.toThrow(/CodeSHA256/);
    await expect(publish({ RevisionId })).rejects.toMatchObject({ name: "PreconditionFailedException" });
    expect(await publish()).toBe("2");
    expect([await call("1"), await call("2"), await call()]).toEqual([
      "first of 1",
      "second of 2",
      "second of $LATEST",
    ]);
    await client.send(new DeleteFunctionCommand({ ...which, Qualifier: "1" }));
    await expect(call("1")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await client.send(new DeleteFunctionCommand(which));
    await client.send(new CreateFunctionCommand(made));
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, which);
    expect(await publish()).toBe("3");
  }, 60_000);
});
