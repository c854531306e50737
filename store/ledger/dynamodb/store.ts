import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { BlobStore } from "../../blobs/blobs.ts";
import { hashOf } from "../../blobs/hash.ts";
import { unknownRun } from "../unknown-run.ts";
import { farMarkerKey, runItemKey } from "./keys.ts";
import { keyItem, type Table } from "./table.ts";
import { runName, type RunKey } from "../../../graph/run-name.ts";

/** What the parts of the DynamoDB ledger share. */
export interface DynamoStore {
  readonly table: Table;
  /** For texts that an item is too small for. */
  readonly blobs: BlobStore;
  /** Which steps are known to have tasks in the shards; nobody takes that back. */
  readonly far: Map<string, Promise<void>>;
  /** Runs that there are, by name; nobody removes one. */
  readonly known: Set<string>;
}

/** A longer text goes into a blob and leaves its hash: an item holds 400 KB, a page of a query 1 MB. */
const TEXT_BYTES = 100 * 1024;

export async function writeText({ blobs }: DynamoStore, text: string): Promise<AttributeValue> {
  if (text.length <= TEXT_BYTES / 3 || Buffer.byteLength(text) <= TEXT_BYTES) return { S: text };
  const bytes = [Buffer.from(text)];
  const hash = hashOf(bytes);
  await blobs.write(hash, bytes);
  return { M: { blob: { S: hash } } };
}

export async function readText({ blobs }: DynamoStore, value: AttributeValue): Promise<string> {
  if (value.S !== undefined) return value.S;
  return Buffer.from(await blobs.read(value.M!["blob"]!.S!)).toString();
}

/** Says that a step has tasks in the shards, before the first of them is there: once a process and step. */
export function markFar({ table, far }: DynamoStore, run: RunKey, step: string): Promise<void> {
  const key = farMarkerKey(run, step);
  const name = farName(run, step);
  let marked = far.get(name);
  if (!marked) {
    marked = table.put(keyItem(key)).then(() => undefined);
    remember(far, name, marked);
    marked.catch(() => far.delete(name));
  }
  return marked;
}

export async function isFar({ table, far }: DynamoStore, run: RunKey, step: string): Promise<boolean> {
  const name = farName(run, step);
  if (far.has(name)) return true;
  if (!(await table.get(farMarkerKey(run, step)))) return false;
  remember(far, name, Promise.resolve());
  return true;
}

/** A function may live for days; what it forgets it asks again. */
const REMEMBERED = 10_000;

function remember(far: DynamoStore["far"], name: string, marked: Promise<void>): void {
  if (far.size >= REMEMBERED) far.clear();
  far.set(name, marked);
}

export function noteRun({ known }: DynamoStore, run: RunKey): void {
  if (known.size >= REMEMBERED) known.clear();
  known.add(runName(run));
}

/** Throws MillraceError `run.unknown` where nobody created it. */
export async function checkRun(store: DynamoStore, run: RunKey): Promise<void> {
  if (store.known.has(runName(run))) return;
  if (!(await store.table.get(runItemKey(run)))) throw unknownRun(run);
  noteRun(store, run);
}

function farName({ flow, run }: RunKey, step: string): string {
  return `${flow}/${run}/${step}`;
}
