import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { controlItem, controlItemKey } from "../../../statemachines/contract/control-item.ts";
import { checkRun, readText, writeText, type DynamoStore } from "./store.ts";
import { inParallel, type Key } from "./table.ts";
import type { Control, ControlKey, ControlValue } from "../../../graph/control-value.ts";
import type { RunKey } from "../../../graph/run-name.ts";

/** The writes that leave the control values where the state machine looks for them, whole beside what it reads. */
export async function controlWrites(
  store: DynamoStore,
  run: RunKey,
  controls: readonly Control[],
): Promise<TransactWriteItem[]> {
  // A transaction takes each item once; of two values of one node the later counts.
  const distinct = new Map(controls.map((control) => [`${control.node}/${control.index}`, control]));
  return Promise.all(
    [...distinct.values()].map(async (control) => ({
      Put: {
        TableName: store.table.name,
        Item: { ...controlItem(run, control), value: await writeText(store, JSON.stringify(control.value)) },
      },
    })),
  );
}

export async function writeControls(store: DynamoStore, run: RunKey, controls: readonly Control[]): Promise<void> {
  await checkRun(store, run);
  const writes = await controlWrites(store, run, controls);
  await inParallel(writes, ({ Put }) => store.table.put(Put!.Item!));
}

export async function readControls(
  store: DynamoStore,
  run: RunKey,
  keys: readonly ControlKey[],
): Promise<(ControlValue | undefined)[]> {
  const items = await store.table.getAll(keys.map((key) => keyOf(run, key)));
  return Promise.all(
    items.map(async (item) => item && (JSON.parse(await readText(store, item["value"]!)) as ControlValue)),
  );
}

function keyOf(run: RunKey, key: ControlKey): Key {
  const { pk, sk } = controlItemKey(run, key);
  return { pk: pk.S, sk: sk.S };
}
