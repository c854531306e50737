import { runName } from "../../../graph/run-name.ts";
import type { Key, Range } from "./table.ts";
import { indexKey, keysBelow } from "../index-order.ts";
import type { Attempt } from "../ledger.ts";
import type { AttemptKey, TaskKey } from "../../../graph/task-key.ts";
import type { RunKey } from "../../../graph/run-name.ts";

/**
 * Where everything stands in the table:
 *
 * | what                        | pk                            | sk                        |
 * |-----------------------------|-------------------------------|---------------------------|
 * | a flow and its newest run   | `flows` or `flows#NAMESPACE`  | flow                      |
 * | a run                       | `runs#flow=FLOW`              | number                    |
 * | a pointer to a run          | `runs…` (dynamodb-facets.ts)  | its place in that list    |
 * | a step's first 256 tasks    | `FLOW/RUN#tasks`              | step/index                |
 * | its other tasks             | `FLOW/RUN#tasks#SHARD`        | step/index                |
 * | that a step has others      | `FLOW/RUN#tasks`              | step/!                    |
 * | attempts that were replaced | `FLOW/RUN#attempts`           | step/index/number         |
 * | a control value             | `FLOW/RUN#control#NODE`       | index (control-item.ts)   |
 */

/** Over how many partitions a wide step's tasks are spread: each takes 1,000 writes a second. */
export const SHARDS = 16;

/** How many of a step's tasks stay together, so that a narrow step is read with one query. */
const NEAR = 256;

/** Whether a task is one of its step's first: below the edge of a square, cube … of so many. */
export function isNear(index: string): boolean {
  const components = index.split(".");
  const edge = Math.floor(NEAR ** (1 / components.length) + 1e-9);
  return components.every((component) => Number(component) < edge);
}

export function taskKey(run: RunKey, { step, index }: TaskKey): Key {
  const sk = `${step}/${indexKey(index)}`;
  return { pk: isNear(index) ? nearPartition(run) : farPartition(run, hash(sk) % SHARDS), sk };
}

export function nearPartition(run: RunKey): string {
  return `${runName(run)}#tasks`;
}

export function farPartition(run: RunKey, shard: number): string {
  return `${nearPartition(run)}#${shard.toString(36)}`;
}

/** The item that says that a step has tasks in the shards; no index begins like it. */
export function farMarkerKey(run: RunKey, step: string): Key {
  return { pk: nearPartition(run), sk: `${step}/${FAR}` };
}

export const FAR = "!";

/** The sort keys of a step's tasks below an index, and after the key of one of them. */
export function taskRange(step: string, under: string, afterKey?: string): Pick<Range, "from" | "to"> {
  const { after, before } = keysBelow(under);
  // A key that continues another goes on with a digit or a letter, which come after "!".
  return { from: afterKey === undefined ? `${step}/${after}1` : `${step}/${afterKey}!`, to: `${step}/${before}` };
}

export function pastAttemptKey(run: RunKey, { step, index, attempt }: AttemptKey): Key {
  return { pk: `${runName(run)}#attempts`, sk: `${step}/${indexKey(index)}/${padded(attempt)}` };
}

export function pastAttempts(run: RunKey, { step, index }: TaskKey): Range {
  const prefix = `${step}/${indexKey(index)}/`;
  return { pk: `${runName(run)}#attempts`, from: prefix, to: `${prefix}~` };
}

/** The two parts of a task's sort key, or an attempt's: the step and the index as a key. */
export function partsOf(sk: string): [step: string, indexKey: string] {
  const [step = "", key = ""] = sk.split("/");
  return [step, key];
}

export function runItemKey({ flow, run }: RunKey): Key {
  return { pk: runsOf(flow), sk: padded(run) };
}

export function runsOf(flow: string): string {
  return `runs#flow=${flow}`;
}

export function flowsOf(namespace: string | undefined): string {
  return namespace === undefined ? "flows" : `flows#${namespace}`;
}

/** A number as text that sorts like it. */
export function padded(number: number): string {
  return String(number).padStart(16, "0");
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}

export function isDone({ status, caught }: Pick<Attempt, "status" | "caught">): boolean {
  return status === "succeeded" || caught === true;
}
