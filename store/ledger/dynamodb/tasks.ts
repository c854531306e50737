import { attemptOfItem } from "./attempt-item.ts";
import { cursorAt, pageSize, cursorPlaceOf } from "../cursor.ts";
import { farPartition, nearPartition, partsOf, pastAttempts, SHARDS, taskKey, taskRange } from "./keys.ts";
import { isFar, type DynamoStore } from "./store.ts";
import type { TableItem, QueryPage, Range, Table } from "./table.ts";
import { keysBelow } from "../index-order.ts";
import type { Attempt, Page, TasksQuery } from "../ledger.ts";
import type { RunKey } from "../../../graph/run-name.ts";
import type { TaskKey } from "../../../graph/task-key.ts";

export async function readTasks(
  store: DynamoStore,
  run: RunKey,
  tasks: readonly TaskKey[],
): Promise<(Attempt | undefined)[]> {
  const items = await store.table.getAll(tasks.map((task) => taskKey(run, task)));
  return Promise.all(items.map((item) => item && attemptOfItem(store, item)));
}

/** One query for a narrow step; a wide one's shards are each asked for their part of the page. */
export async function listTasks(
  store: DynamoStore,
  run: RunKey,
  { step, under = "", limit, cursor }: TasksQuery,
): Promise<Page<Attempt>> {
  const size = pageSize(limit);
  const [after] = cursorPlaceOf(cursor, [keysBelow(under).after]);
  const range = taskRange(step, under, cursor === undefined ? undefined : String(after));
  const items = await inOrder(store.table, await partitions(store, { run, step }, range), size + 1);
  const page = await Promise.all(items.slice(0, size).map((item) => attemptOfItem(store, item)));
  if (items.length <= size) return { items: page };
  return { items: page, cursor: cursorAt([partsOf(items[size - 1]!["sk"]!.S!)[1]]) };
}

export async function lastTask(
  store: DynamoStore,
  run: RunKey,
  { step, under }: { readonly step: string; readonly under: string },
): Promise<Attempt | undefined> {
  const finished = {
    text: "#status = :succeeded or caught = :true",
    names: { "#status": "status" },
    values: { ":succeeded": { S: "succeeded" }, ":true": { BOOL: true } },
  };
  const range = { ...taskRange(step, under), isReverse: true, filter: finished };
  const [item] = await inOrder(store.table, await partitions(store, { run, step }, range), 1);
  return item && attemptOfItem(store, item);
}

export async function listAttempts(store: DynamoStore, run: RunKey, task: TaskKey): Promise<Attempt[]> {
  const [newest, past] = await Promise.all([
    store.table.get(taskKey(run, task)),
    everyItem(store.table, pastAttempts(run, task)),
  ]);
  return Promise.all([...past, ...(newest ? [newest] : [])].map((item) => attemptOfItem(store, item)));
}

async function partitions(
  store: DynamoStore,
  { run, step }: { readonly run: RunKey; readonly step: string },
  range: Omit<Range, "pk">,
): Promise<Range[]> {
  const near = { ...range, pk: nearPartition(run) };
  if (!(await isFar(store, run, step))) return [near];
  return [near, ...Array.from({ length: SHARDS }, (_, shard) => ({ ...range, pk: farPartition(run, shard) }))];
}

/** The first items of several ranges in the one order of their sort keys; from each no more is read than that needs. */
async function inOrder(table: Table, ranges: readonly Range[], count: number): Promise<TableItem[]> {
  // Spread evenly, with some to spare: reading a little too much is cheaper than asking again.
  const limit = ranges.length === 1 ? Math.max(count, SPARE) : Math.ceil(count / (ranges.length - 1)) + SPARE;
  const heads = await Promise.all(ranges.map(async (range) => headOfQuery(await table.query({ ...range, limit }))));
  const sign = ranges[0]?.isReverse ? -1 : 1;
  const found: TableItem[] = [];
  while (found.length < count) {
    await Promise.all(heads.map(refill));
    let first: Head | undefined;
    for (const head of heads) {
      if (head.items.length > head.at && (!first || sign * compare(keyAt(head), keyAt(first)) < 0)) first = head;
    }
    if (!first) break;
    found.push(first.items[first.at++]!);
  }
  return found;
}

const SPARE = 8;

interface Head {
  items: readonly TableItem[];
  at: number;
  next: QueryPage["next"] | undefined;
}

function headOfQuery({ items, next }: QueryPage): Head {
  return { items, at: 0, next };
}

/** A filter may leave nothing of a page that is not the last. */
async function refill(head: Head): Promise<void> {
  while (head.at === head.items.length && head.next) Object.assign(head, headOfQuery(await head.next()));
}

function keyAt(head: Head): string {
  return head.items[head.at]!["sk"]!.S!;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function everyItem(table: Table, range: Range): Promise<TableItem[]> {
  const items: TableItem[] = [];
  let page: QueryPage | undefined = await table.query(range);
  while (page) {
    items.push(...page.items);
    page = await page.next?.();
  }
  return items;
}
