import { headOf } from "./attempt-item.ts";
import { FAR, farPartition, nearPartition, partsOf, SHARDS } from "./keys.ts";
import type { DynamoStore } from "./store.ts";
import type { TableExpression, TableItem, Key, QueryPage } from "./table.ts";
import type { RunKey } from "../../../graph/run-name.ts";
import type { StepCount } from "../ledger.ts";

/**
 * Counted from the run's tasks when asked: counters that go along would cost each task two more writes, all of them on
 * the same few items. A run of a few hundred tasks is one query; 10,000 of them are seventeen at once, of some pages each.
 */
export async function listSteps(store: DynamoStore, run: RunKey): Promise<StepCount[]> {
  const steps = new Map<string, Count>();
  for await (const items of everyTask(store, run, { only: HEAD })) for (const item of items) count(steps, item);
  return [...steps]
    .toSorted(([, a], [, b]) => a.startedAt - b.startedAt)
    .map(([step, { finishedAt, ...rest }]) => ({
      step,
      ...rest,
      ...(rest.running === 0 && finishedAt > 0 && { finishedAt }),
    }));
}

/** Pages of the tasks whose newest attempt runs. */
export async function* runningTasks(store: DynamoStore, run: RunKey): AsyncGenerator<{ key: Key; attempt: number }[]> {
  // The item that says that there are shards has no status, and must be seen.
  const filter = {
    text: "#status = :running or attribute_not_exists(#status)",
    names: { "#status": "status" },
    values: { ":running": { S: "running" } },
  };
  for await (const items of everyTask(store, run, { only: ["pk", ...HEAD], filter })) {
    yield items.map((item) => ({ key: { pk: item["pk"]!.S!, sk: item["sk"]!.S! }, attempt: headOf(item).attempt }));
  }
}

type Count = Omit<StepCount, "step" | "finishedAt"> & { finishedAt: number };

const HEAD = ["sk", "attempt", "status", "by", "startedAt", "begunAt", "finishedAt"];

function count(steps: Map<string, Count>, item: TableItem): void {
  const [step] = partsOf(item["sk"]!.S!);
  const { status, begunAt, finishedAt = 0 } = headOf(item);
  const so = steps.get(step) ?? { running: 0, succeeded: 0, failed: 0, stopped: 0, startedAt: begunAt, finishedAt: 0 };
  steps.set(step, {
    ...so,
    [status]: so[status] + 1,
    startedAt: Math.min(so.startedAt, begunAt),
    finishedAt: Math.max(so.finishedAt, finishedAt),
  });
}

/** A run's tasks in pages, those near together first; the shards are read only where a step says that it has tasks there. */
async function* everyTask(
  { table }: DynamoStore,
  run: RunKey,
  what: { only: readonly string[]; filter?: TableExpression },
): AsyncGenerator<TableItem[]> {
  let hasFar = false;
  for await (const items of pages(table.query({ ...what, pk: nearPartition(run) }))) {
    const tasks = items.filter((item) => partsOf(item["sk"]!.S!)[1] !== FAR);
    hasFar ||= tasks.length < items.length;
    yield tasks;
  }
  if (!hasFar) return;
  const shards = Array.from({ length: SHARDS }, (_, shard) =>
    pages(table.query({ ...what, pk: farPartition(run, shard) })),
  );
  // Side by side: each round takes a page of every shard that has one left.
  let open = shards;
  while (open.length > 0) {
    const round = await Promise.all(open.map((shard) => shard.next()));
    yield round.flatMap(({ value, done }) => (done ? [] : value));
    open = open.filter((_, place) => !round[place]!.done);
  }
}

async function* pages(first: Promise<QueryPage>): AsyncGenerator<readonly TableItem[], undefined> {
  let page: QueryPage | undefined = await first;
  while (page) {
    yield page.items;
    page = await page.next?.();
  }
}
