import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type CreateTableCommandInput,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type AttributeValue,
  type TransactWriteItem,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { setTimeout as sleep } from "node:timers/promises";
import { accountError } from "../../../aws/account-error.ts";
import { mapConcurrently } from "../../../graph/concurrently.ts";

/** What the table is; on-demand, and with no index besides. */
export const LEDGER_TABLE = {
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: "S" },
  ],
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ],
  BillingMode: "PAY_PER_REQUEST",
} as const satisfies Partial<CreateTableCommandInput>;

export type TableItem = Readonly<Record<string, AttributeValue>>;

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** An expression with what its `#names` and `:values` stand for. */
export interface TableExpression {
  readonly text: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: TableItem;
}

/** A part of one partition in the order of its sort keys, both ends included. */
export interface Range {
  readonly pk: string;
  readonly from?: string;
  readonly to?: string;
  readonly isReverse?: boolean;
  /** How many items to look at, before the filter. */
  readonly limit?: number;
  readonly filter?: TableExpression;
  /** Attributes by name; all of them unless given. */
  readonly only?: readonly string[];
}

/** What became of a conditional write; where the condition did not hold, the item that stood in its way. */
export type WrittenItem =
  | { readonly isWritten: true }
  | { readonly isWritten: false; readonly existing: TableItem | undefined };

/** One DynamoDB table. Every read is strongly consistent. Throws MillraceError `account.*` where the account is at fault. */
export interface Table {
  readonly name: string;
  get(key: Key): Promise<TableItem | undefined>;
  /** The items in the order of their keys. */
  getAll(keys: readonly Key[]): Promise<(TableItem | undefined)[]>;
  /** One page; `next` reads the one after it. */
  query(range: Range): Promise<QueryPage>;
  put(item: TableItem, condition?: TableExpression): Promise<WrittenItem>;
  update(key: Key, update: TableExpression, condition?: string): Promise<WrittenItem>;
  /** Adds one to a number, which begins with 0, and answers what it is then. */
  increment(key: Key, attribute: string): Promise<number>;
  /** All or nothing; of the first condition that did not hold it answers the item. */
  writeTogether(writes: readonly TransactWriteItem[]): Promise<WrittenItem>;
  close(): void;
}

export interface QueryPage {
  readonly items: readonly TableItem[];
  readonly next?: () => Promise<QueryPage>;
}

export function openTable(name: string, config: DynamoDBClientConfig): Table {
  const client = new DynamoDBClient({ maxAttempts: ATTEMPTS, ...config });

  const { write, plainly } = callsTo(name);

  async function query(range: Range, start?: TableItem): Promise<QueryPage> {
    const { Items = [], LastEvaluatedKey } = await plainly(() =>
      client.send(
        new QueryCommand({ TableName: name, ConsistentRead: true, ExclusiveStartKey: start, ...queryInput(range) }),
      ),
    );
    return { items: Items, ...(LastEvaluatedKey && { next: () => query(range, LastEvaluatedKey) }) };
  }

  return {
    name,
    async get(key) {
      const { Item } = await plainly(() =>
        client.send(new GetItemCommand({ TableName: name, Key: keyItem(key), ConsistentRead: true })),
      );
      return Item;
    },
    async getAll(keys) {
      const nameOf = ({ pk, sk }: Key) => JSON.stringify([pk, sk]);
      const distinct = [...new Map(keys.map((key) => [nameOf(key), key])).values()];
      const pages = Array.from({ length: Math.ceil(distinct.length / BATCH) }, (_, page) =>
        distinct.slice(page * BATCH, (page + 1) * BATCH),
      );
      const items = (await inParallel(pages, (page) => getSome({ client, name, plainly }, page))).flat();
      const byName = new Map(items.map((item) => [nameOf({ pk: item["pk"]!.S!, sk: item["sk"]!.S! }), item]));
      return keys.map((key) => byName.get(nameOf(key)));
    },
    query: (range) => query(range),
    put: (item, condition) =>
      write(() => client.send(new PutItemCommand({ TableName: name, Item: item, ...conditionInput(condition) }))),
    update: (key, update, condition) =>
      write(() =>
        client.send(
          new UpdateItemCommand({
            TableName: name,
            Key: keyItem(key),
            UpdateExpression: update.text,
            ConditionExpression: condition,
            ExpressionAttributeNames: update.names,
            ExpressionAttributeValues: update.values,
            ...(condition && { ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const }),
          }),
        ),
      ),
    async increment(key, attribute) {
      const input = { TableName: name, Key: keyItem(key), ...incrementInput(attribute) };
      const { Attributes } = await plainly(() => client.send(new UpdateItemCommand(input)));
      return Number(Attributes?.[attribute]?.N);
    },
    writeTogether: (writes) => write(() => client.send(new TransactWriteItemsCommand({ TransactItems: [...writes] }))),
    close: () => client.destroy(),
  };
}

async function send<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!isConflict(error) || attempt === CONFLICT_ATTEMPTS) throw error;
      await pause(attempt);
    }
  }
}

type Calls = ReturnType<typeof callsTo>;

/** Says what DynamoDB throws as what is wrong with the table, and a condition that did not hold as an answer. */
function callsTo(table: string) {
  const failure = (error: unknown) => accountError(error, `the table ${table}`);

  async function write(call: () => Promise<unknown>): Promise<WrittenItem> {
    try {
      await send(call);
      return { isWritten: true };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { isWritten: false, existing: error.Item };
      const failed =
        error instanceof TransactionCanceledException
          ? error.CancellationReasons?.find(({ Code }) => Code === "ConditionalCheckFailed")
          : undefined;
      if (failed) return { isWritten: false, existing: failed.Item };
      throw failure(error);
    }
  }

  /** A call with no condition. */
  async function plainly<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    try {
      return await send(call);
    } catch (error) {
      throw failure(error);
    }
  }

  return { write, plainly };
}

/** At most 100 keys, each once; what DynamoDB leaves out is asked for again. */
async function getSome(
  { client, name, plainly }: { client: DynamoDBClient; name: string; plainly: Calls["plainly"] },
  keys: readonly Key[],
): Promise<TableItem[]> {
  const found: TableItem[] = [];
  let open: Record<string, AttributeValue>[] = keys.map(keyItem);
  for (let attempt = 1; open.length > 0; attempt++) {
    const { Responses, UnprocessedKeys } = await plainly(() =>
      client.send(new BatchGetItemCommand({ RequestItems: { [name]: { Keys: open, ConsistentRead: true } } })),
    );
    found.push(...(Responses?.[name] ?? []));
    open = UnprocessedKeys?.[name]?.Keys ?? [];
    if (open.length > 0) await pause(attempt);
  }
  return found;
}

/** Attempts of a request that AWS throttles or fails; with the client's own waits, which double, most of a minute. */
const ATTEMPTS = 10;
/** Attempts of a write that meets a transaction on the same item. */
const CONFLICT_ATTEMPTS = 20;
/** Keys of one BatchGetItem. Source: Amazon DynamoDB API Reference. */
const BATCH = 100;
/** Requests that one call has under way at once. */
const PARALLEL = 32;

/** Does it for each item, as many at a time as one call may have requests under way. */
export function inParallel<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  return mapConcurrently(PARALLEL, items, work);
}

export function keyItem({ pk, sk }: Key): { pk: { S: string }; sk: { S: string } } {
  return { pk: { S: pk }, sk: { S: sk } };
}

function incrementInput(attribute: string) {
  return {
    UpdateExpression: "add #attribute :one",
    ExpressionAttributeNames: { "#attribute": attribute },
    ExpressionAttributeValues: { ":one": { N: "1" } },
    ReturnValues: "UPDATED_NEW",
  } as const;
}

function conditionInput(condition: TableExpression | undefined) {
  if (!condition) return {};
  return {
    ConditionExpression: condition.text,
    ExpressionAttributeNames: condition.names,
    ExpressionAttributeValues: condition.values,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  } as const;
}

function queryInput({ pk, from, to, isReverse = false, limit, filter, only }: Range) {
  const ends =
    from !== undefined && to !== undefined
      ? " and sk between :from and :to"
      : from !== undefined
        ? " and sk >= :from"
        : to !== undefined
          ? " and sk <= :to"
          : "";
  const projected = only?.map((attribute) => [`#only_${attribute}`, attribute] as const);
  const names = { ...filter?.names, ...(projected && Object.fromEntries(projected)) };
  return {
    KeyConditionExpression: `pk = :pk${ends}`,
    ExpressionAttributeValues: {
      ":pk": { S: pk },
      ...(from !== undefined && { ":from": { S: from } }),
      ...(to !== undefined && { ":to": { S: to } }),
      ...filter?.values,
    },
    ...(filter && { FilterExpression: filter.text }),
    ...(projected && { ProjectionExpression: projected.map(([placeholder]) => placeholder).join() }),
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(limit !== undefined && { Limit: limit }),
    ScanIndexForward: !isReverse,
  };
}

/** Whether the write met another one and may simply be tried again; throttled parts of a transaction count as that. */
function isConflict(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) {
    const codes = error.CancellationReasons?.map(({ Code }) => Code) ?? [];
    return !codes.includes("ConditionalCheckFailed") && codes.some((code) => CONFLICTS.has(code ?? ""));
  }
  return CONFLICTS.has((error as Error).name);
}

const CONFLICTS = new Set([
  "TransactionConflict",
  "TransactionConflictException",
  "TransactionInProgressException",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

/** Full jitter, as for everything that many may meet in at once. */
function pause(attempt: number): Promise<void> {
  return sleep(Math.random() * Math.min(1000, 10 * 2 ** attempt));
}
