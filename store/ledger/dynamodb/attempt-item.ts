import { boundedError } from "../bounded-error.ts";
import { partsOf } from "./keys.ts";
import { readText, writeText, type DynamoStore } from "./store.ts";
import { keyItem, type TableItem, type Key } from "./table.ts";
import { indexOfKey } from "../index-order.ts";
import type { Attempt, AttemptEnd, Status } from "../ledger.ts";

/** What an attempt left besides its status, as the one text of its item. */
export type Outcome = Pick<AttemptEnd, "error" | "caught" | "manifest" | "log">;

export async function outcomeAttributes(
  store: DynamoStore,
  { error, caught, manifest, log }: Outcome,
): Promise<TableItem> {
  const text = JSON.stringify({ error: error && boundedError(error), caught, manifest, log });
  return { outcome: await writeText(store, text), ...(caught && { caught: { BOOL: true } }) };
}

/** `begunAt` is when the task's first attempt started. */
export function runningItem(
  key: Key,
  { attempt, by, startedAt }: Pick<Attempt, "attempt" | "by" | "startedAt">,
  begunAt = startedAt,
): TableItem {
  return {
    ...keyItem(key),
    attempt: { N: String(attempt) },
    status: { S: "running" },
    by: { S: by },
    startedAt: { N: String(startedAt) },
    begunAt: { N: String(begunAt) },
  };
}

/** What is looked at of an attempt's item before it is taken apart. */
export function headOf(item: TableItem) {
  return {
    attempt: numberOf(item, "attempt")!,
    status: item["status"]!.S as Status,
    by: item["by"]!.S!,
    startedAt: numberOf(item, "startedAt")!,
    begunAt: numberOf(item, "begunAt")!,
    finishedAt: numberOf(item, "finishedAt"),
    caught: item["caught"]?.BOOL === true,
  };
}

export async function attemptOfItem(store: DynamoStore, item: TableItem): Promise<Attempt> {
  const [step, key] = partsOf(item["sk"]!.S!);
  const { attempt, status, by, startedAt, finishedAt } = headOf(item);
  const heartbeatAt = numberOf(item, "heartbeatAt");
  const outcome = item["outcome"];
  return {
    step,
    index: indexOfKey(key),
    attempt,
    status,
    by,
    startedAt,
    ...(heartbeatAt !== undefined && { heartbeatAt }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(outcome && (JSON.parse(await readText(store, outcome)) as Outcome)),
  };
}

function numberOf(item: TableItem, name: string): number | undefined {
  const text = item[name]?.N;
  return text === undefined ? undefined : Number(text);
}
