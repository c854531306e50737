import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { randomUUID } from "node:crypto";
import { accountError } from "../../../aws/account-error.ts";
import type { FlowRecord, FlowRegistry } from "../registry.ts";

type Item = Readonly<Record<string, AttributeValue>>;

/** A start by name is remembered as long as Step Functions remembers an execution's name: 90 days. */
const CLAIM_SECONDS = 90 * 86_400;

/**
 * The registry in the ledger's table: pk `flow#FLOW`, sk `deployed`, and pk `starts#FLOW`, sk NAME for what was started
 * by name (`expiresAt` lets DynamoDB forget it). Throws MillraceError `account.*`.
 */
export function openDynamoRegistry(table: string, config: DynamoDBClientConfig = {}): FlowRegistry {
  const client = new DynamoDBClient({ maxAttempts: 8, ...config });
  const recordKey = (flow: string) => ({ pk: { S: `flow#${flow}` }, sk: { S: "deployed" } });
  const claimKey = (flow: string, name: string) => ({ pk: { S: `starts#${flow}` }, sk: { S: name } });

  const { plainly, conditionally } = callsTo(table);

  return {
    read: (flow) =>
      plainly(async () => {
        const { Item } = await client.send(
          new GetItemCommand({ TableName: table, Key: recordKey(flow), ConsistentRead: true }),
        );
        return Item && (JSON.parse(Item["record"]!.S!) as FlowRecord);
      }),

    async write(record, revision) {
      const next = { ...record, revision: revision + 1 };
      const standing = await conditionally((stamp) =>
        client.send(
          new PutItemCommand({
            TableName: table,
            Item: {
              ...recordKey(record.flow),
              stamp,
              revision: { N: String(next.revision) },
              record: { S: JSON.stringify(next) },
            },
            ConditionExpression: revision === 0 ? "attribute_not_exists(pk)" : "revision = :revision",
            ...(revision > 0 && { ExpressionAttributeValues: { ":revision": { N: String(revision) } } }),
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
        ),
      );
      return standing === undefined;
    },

    async claim({ flow, name, at }, before) {
      const standing = await conditionally((stamp) =>
        client.send(
          new UpdateItemCommand({ TableName: table, Key: claimKey(flow, name), ...claiming({ stamp, at, before }) }),
        ),
      );
      if (!standing) return { state: "taken" };
      const run = standing["run"]?.N;
      return run === undefined ? { state: "pending" } : { state: "settled", run: Number(run) };
    },

    settle: (flow, name, run) =>
      plainly(async () => {
        await client.send(
          new UpdateItemCommand({
            TableName: table,
            Key: claimKey(flow, name),
            UpdateExpression: "set run = :run",
            ExpressionAttributeValues: { ":run": { N: String(run) } },
          }),
        );
      }),
  };
}

/** Takes the name where nobody has, or where who took it before `before` never settled it. */
function claiming({ stamp, at, before }: { stamp: AttributeValue; at: number; before: number }) {
  return {
    UpdateExpression: "set stamp = :stamp, takenAt = :at, expiresAt = :expires",
    ConditionExpression: "attribute_not_exists(pk) or (attribute_not_exists(run) and takenAt < :before)",
    ExpressionAttributeValues: {
      ":stamp": stamp,
      ":at": { N: String(at) },
      ":before": { N: String(before) },
      ":expires": { N: String(Math.floor(at / 1000) + CLAIM_SECONDS) },
    },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  } as const;
}

function callsTo(table: string) {
  async function plainly<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw accountError(error, `the table ${table}`);
    }
  }

  /**
   * Writes on a condition, with a stamp by which the write is known again: it may be sent twice, where its first answer
   * is lost. Answers what stands in the way, undefined where nothing does.
   */
  async function conditionally(write: (stamp: AttributeValue) => Promise<unknown>): Promise<Item | undefined> {
    const stamp = randomUUID();
    try {
      await plainly(() => write({ S: stamp }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      if (error.Item?.["stamp"]?.S !== stamp) return error.Item ?? {};
    }
    return undefined;
  }

  return { plainly, conditionally };
}
