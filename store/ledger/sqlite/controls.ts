import { indexKey } from "../index-order.ts";
import type { Control, ControlKey, ControlValue } from "../../../graph/control-value.ts";
import type { SqliteStore } from "./store.ts";

/** Writes control values of the run with this id, over those that were there. */
export function writeControls(store: SqliteStore, runId: number, controls: readonly Control[]): void {
  for (const { node, index, value } of controls) {
    store.run("insert or replace into controls (run_id, node, key, value) values (?, ?, ?, ?)", [
      runId,
      node,
      indexKey(index),
      JSON.stringify(value),
    ]);
  }
}

export function readControls(
  store: SqliteStore,
  runId: number,
  keys: readonly ControlKey[],
): (ControlValue | undefined)[] {
  const wanted = JSON.stringify(keys.map(({ node, index }) => [node, indexKey(index)]));
  const found = store.all<[place: number, value: string]>(
    `select j.key, c.value from json_each(?2) j cross join controls c
     on c.run_id = ?1 and c.node = j.value ->> 0 and c.key = j.value ->> 1`,
    [runId, wanted],
  );
  const values: (ControlValue | undefined)[] = Array.from({ length: keys.length });
  for (const [place, value] of found) values[place] = JSON.parse(value) as ControlValue;
  return values;
}
