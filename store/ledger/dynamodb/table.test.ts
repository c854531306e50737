import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type CancellationReason,
} from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { openTable } from "./table.ts";

const dynamodb = mockClient(DynamoDBClient);
const table = openTable("ledger", { region: "us-east-1" });
const item = { pk: { S: "a" }, sk: { S: "b" } };
const key = { pk: "a", sk: "b" };

beforeEach(() => dynamodb.reset());
afterAll(() => dynamodb.restore());

function canceled(...codes: string[]): TransactionCanceledException {
  const CancellationReasons: CancellationReason[] = codes.map((Code) => ({
    Code,
    ...(Code === "ConditionalCheckFailed" && { Item: item }),
  }));
  return new TransactionCanceledException({ message: "cancelled", $metadata: {}, CancellationReasons });
}

function named(name: string): Error {
  return Object.assign(new Error("as AWS says it"), { name });
}

describe("a write", () => {
  test.each(["TransactionConflictException", "ProvisionedThroughputExceeded"])(
    "that meets %s is tried again",
    async (name) => {
      dynamodb.on(PutItemCommand).rejectsOnce(named(name)).rejectsOnce(named(name)).resolves({});
      expect(await table.put(item)).toEqual({ isWritten: true });
      expect(dynamodb.commandCalls(PutItemCommand)).toHaveLength(3);
    },
  );

  test("whose condition does not hold tells what stands there", async () => {
    dynamodb
      .on(PutItemCommand)
      .rejects(new ConditionalCheckFailedException({ message: "no", $metadata: {}, Item: item }));
    expect(await table.put(item, { text: "attribute_not_exists(pk)" })).toEqual({ isWritten: false, existing: item });
  });
});

describe("a transaction", () => {
  test.each([
    ["meets another one", ["None", "TransactionConflict"]],
    ["is throttled", ["ThrottlingError", "None"]],
  ])("that %s is tried again", async (_what, codes) => {
    dynamodb
      .on(TransactWriteItemsCommand)
      .rejectsOnce(canceled(...codes))
      .resolves({});
    expect(await table.writeTogether([])).toEqual({ isWritten: true });
  });

  test("one of whose conditions does not hold is not tried again, whatever else went wrong", async () => {
    dynamodb.on(TransactWriteItemsCommand).rejects(canceled("TransactionConflict", "ConditionalCheckFailed"));
    expect(await table.writeTogether([])).toEqual({ isWritten: false, existing: item });
    expect(dynamodb.commandCalls(TransactWriteItemsCommand)).toHaveLength(1);
  });

  test("that AWS finds wrong is a bug and keeps its error", async () => {
    dynamodb.on(TransactWriteItemsCommand).rejects(canceled("ValidationError"));
    await expect(table.writeTogether([])).rejects.toBeInstanceOf(TransactionCanceledException);
  });
});

describe("reading many", () => {
  test("asks again for what DynamoDB left out", async () => {
    const left = { pk: { S: "c" }, sk: { S: "d" } };
    dynamodb
      .on(BatchGetItemCommand)
      .resolvesOnce({ Responses: { ledger: [item] }, UnprocessedKeys: { ledger: { Keys: [left] } } })
      .resolves({ Responses: { ledger: [left] } });
    expect(await table.getAll([{ pk: "c", sk: "d" }, key])).toEqual([left, item]);
    expect(dynamodb.commandCalls(BatchGetItemCommand)[1]?.args[0].input.RequestItems?.["ledger"]?.Keys).toEqual([left]);
  });

  test("asks for each key once, a hundred at a time, and answers in the order asked", async () => {
    dynamodb
      .on(BatchGetItemCommand)
      .callsFake(({ RequestItems }: { RequestItems: { ledger: { Keys: unknown[] } } }) => ({
        Responses: { ledger: RequestItems.ledger.Keys.toReversed() },
      }));
    const keys = Array.from({ length: 250 }, (_, at) => ({ pk: "a", sk: String(at % 150) }));
    const items = await table.getAll(keys);
    expect(items.map((one) => one?.["sk"]?.S)).toEqual(keys.map(({ sk }) => sk));
    const sizes = dynamodb
      .commandCalls(BatchGetItemCommand)
      .map(({ args }) => args[0].input.RequestItems?.["ledger"]?.Keys?.length);
    expect(sizes).toEqual([100, 50]);
  });

  test("finds nothing where there is nothing", async () => {
    dynamodb.on(BatchGetItemCommand).resolves({});
    expect(await table.getAll([key])).toEqual([undefined]);
    expect(await table.getAll([])).toEqual([]);
  });
});

test.each([
  ["ResourceNotFoundException", "account.missing"],
  ["AccessDeniedException", "account.denied"],
  ["ExpiredTokenException", "account.credentials"],
  ["CredentialsProviderError", "account.credentials"],
  ["ThrottlingException", "account.busy"],
])("%s is told as %s, with the table's name and a hint", async (name, code) => {
  dynamodb.on(GetItemCommand).rejects(named(name));
  await expect(table.get(key)).rejects.toMatchObject({
    code,
    message: expect.stringContaining("the table ledger") as string,
    hint: expect.any(String) as string,
  });
});

test("an endpoint that is out of reach is told as such", async () => {
  dynamodb.on(GetItemCommand).rejects(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }));
  await expect(table.get(key)).rejects.toMatchObject({ code: "account.unreachable" });
});
