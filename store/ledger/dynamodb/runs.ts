import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { MillraceError } from "../../../graph/errors.ts";
import { boundedError } from "../bounded-error.ts";
import { controlWrites } from "./controls.ts";
import { pointersTo } from "./facets.ts";
import { flowsOf, runItemKey } from "./keys.ts";
import { runItem, runOf } from "./run-item.ts";
import { noteRun, type DynamoStore } from "./store.ts";
import { keyItem, type TableExpression, type TableItem, type Key } from "./table.ts";
import type { NewRun, Run, RunAndSecret, RunChange, Status } from "../ledger.ts";
import type { RunKey } from "../../../graph/run-name.ts";

/**
 * Counts the flow up by one, then writes the run with all that belongs to it. A creation that dies between the two
 * leaves a number that no run has.
 */
export async function createRun(store: DynamoStore, { controls = [], secret, ...fresh }: NewRun): Promise<Run> {
  const run: Run = {
    ...fresh,
    tags: [...new Set(fresh.tags)],
    run: await store.table.increment({ pk: flowsOf(undefined), sk: fresh.flow }, "newest"),
    status: "running",
    heartbeatAt: fresh.createdAt,
  };
  await noteNewest(store, run);
  const writes = [
    put(store, await runItem(store, run, secret)),
    ...pointersTo(run).map((key) => put(store, pointer(key, run))),
    ...(await controlWrites(store, run, controls)),
  ];
  if (writes.length > TRANSACTION) {
    throw new MillraceError("run.tooManyTags", `A run may have at most 40 tags, but this one has ${run.tags.length}`, {
      where: { flow: run.flow },
      hint: "Give it fewer; what is particular to one run goes into its parameters.",
    });
  }
  await store.table.writeTogether(writes);
  noteRun(store, run);
  return run;
}

/** Writes of one transaction. Source: Amazon DynamoDB API Reference, TransactWriteItems. */
const TRANSACTION = 100;

/** Before the run is there, for a list of flows that misses one cannot be told from a whole one. */
async function noteNewest({ table }: DynamoStore, { flow, run, namespace }: Run): Promise<void> {
  const update = { text: "set newest = :run", values: { ":run": { N: String(run) } } };
  await table.update({ pk: flowsOf(namespace), sk: flow }, update, "attribute_not_exists(newest) or newest < :run");
}

export async function readRun(store: DynamoStore, key: RunKey): Promise<Run | undefined> {
  return (await readRunAndSecret(store, key))?.run;
}

export async function readRunAndSecret(store: DynamoStore, key: RunKey): Promise<RunAndSecret | undefined> {
  const item = await store.table.get(runItemKey(key));
  if (!item) return undefined;
  noteRun(store, key);
  const secret = item["secret"]?.S;
  return { run: await runOf(store, item), ...(secret !== undefined && { secret }) };
}

/** What else stands in the item is not read apart: of parameters there may be much. */
export async function isRunning({ table }: DynamoStore, key: RunKey): Promise<boolean> {
  return (await table.get(runItemKey(key)))?.["status"]?.S === "running";
}

export async function updateRun(
  store: DynamoStore,
  key: RunKey,
  { change, from }: { readonly change: RunChange; readonly from?: Status | undefined },
): Promise<Run | undefined> {
  for (;;) {
    const before = await readRun(store, key);
    if (before === undefined || (from !== undefined && before.status !== from)) return undefined;
    if (change.status === "running" && before.status !== "running") return undefined;
    const after = changed(before, change);
    if (await write(store, { before, after, change })) return after;
    // Someone else changed its status or its tags meanwhile.
  }
}

function changed(before: Run, change: RunChange): Run {
  const { status, heartbeatAt, tags, finishedAt, error, principals } = change;
  return {
    ...before,
    ...(status !== undefined && { status }),
    ...(heartbeatAt !== undefined && { heartbeatAt }),
    ...(tags !== undefined && { tags: [...new Set(tags)] }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(error !== undefined && { error: boundedError(error) }),
    ...(principals !== undefined && { principals: { ...before.principals, ...principals } }),
  };
}

interface Rewrite {
  readonly before: Run;
  readonly after: Run;
  readonly change: RunChange;
}

/** The run and the pointers to it, together; false where it is no longer what it was before. */
async function write(store: DynamoStore, rewrite: Rewrite): Promise<boolean> {
  const { before, after } = rewrite;
  const update = setting(rewrite);
  if (update === undefined) return true;
  const condition = "#status = :statusBefore and #tags = :tagsBefore";
  const [old, now] = [pointersTo(before), pointersTo(after)];
  const gone = old.filter((key) => !now.some((other) => isSame(key, other)));
  const added = now.filter((key) => !old.some((other) => isSame(key, other)));
  const { table } = store;
  if (gone.length + added.length === 0) return (await table.update(runItemKey(before), update, condition)).isWritten;
  const written = await table.writeTogether([
    {
      Update: {
        TableName: table.name,
        Key: keyItem(runItemKey(before)),
        UpdateExpression: update.text,
        ConditionExpression: condition,
        ExpressionAttributeNames: update.names,
        ExpressionAttributeValues: update.values,
      },
    },
    ...gone.map((key) => ({ Delete: { TableName: table.name, Key: keyItem(key) } })),
    ...added.map((key) => put(store, pointer(key, after))),
  ]);
  return written.isWritten;
}

/** Sets what the change names and leaves the rest to others, such as a heartbeat's. */
function setting({ before, after, change }: Rewrite): TableExpression | undefined {
  const set: Record<string, TableItem[string]> = {
    ...(change.status !== undefined && { status: { S: after.status } }),
    ...(change.heartbeatAt !== undefined && { heartbeatAt: { N: String(after.heartbeatAt) } }),
    ...(change.tags !== undefined && { tags: { S: JSON.stringify(after.tags) } }),
    ...(change.finishedAt !== undefined && { finishedAt: { N: String(after.finishedAt) } }),
    ...(change.error !== undefined && { error: { S: JSON.stringify(after.error) } }),
    ...(change.principals !== undefined && { principals: { S: JSON.stringify(after.principals) } }),
  };
  const names = Object.keys(set);
  if (names.length === 0) return undefined;
  return {
    text: `set ${names.map((name) => `#${name} = :${name}`).join()}`,
    names: Object.fromEntries([...names, "status", "tags"].map((name) => [`#${name}`, name])),
    values: {
      ...Object.fromEntries(names.map((name) => [`:${name}`, set[name]!])),
      ":statusBefore": { S: before.status },
      ":tagsBefore": { S: JSON.stringify(before.tags) },
    },
  };
}

function isSame(one: Key, other: Key): boolean {
  return one.pk === other.pk && one.sk === other.sk;
}

function put({ table }: DynamoStore, item: TableItem): TransactWriteItem {
  return { Put: { TableName: table.name, Item: item } };
}

function pointer(key: Key, { flow, run }: RunKey): TableItem {
  return { ...keyItem(key), flow: { S: flow }, run: { N: String(run) } };
}
