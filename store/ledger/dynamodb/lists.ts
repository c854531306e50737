import { cursorAt, pageSize, cursorPlaceOf } from "../cursor.ts";
import { facetFor, parseTimeKey, timeKey } from "./facets.ts";
import { flowsOf, padded, runItemKey } from "./keys.ts";
import { runOf } from "./run-item.ts";
import type { DynamoStore } from "./store.ts";
import type { TableItem } from "./table.ts";
import type { Page, Run, RunQuery } from "../ledger.ts";

/**
 * Walks the one list that comes closest, from the cursor on. Where the query asks for more than that list is of, a page
 * may come short of its limit, even empty, and still have a cursor: it ends once it has looked at LOOKED_AT runs.
 */
export async function listRuns(store: DynamoStore, query: RunQuery): Promise<Page<Run>> {
  const { table } = store;
  const { flow, limit, cursor } = query;
  const size = pageSize(limit);
  const { pk, isWhole } = facetFor(query);
  const place = cursorPlaceOf(cursor, flow === undefined ? [END_OF_TIME, "", 0] : [END_OF_TIME]);
  let to = before(
    flow === undefined
      ? timeKey(place[0] as number, { flow: place[1] as string, run: place[2] as number })
      : padded(place[0] as number),
  );
  const found: Run[] = [];
  let last: string | undefined;
  for (let lookedAt = 0; lookedAt < LOOKED_AT;) {
    const page = await table.query({ pk, to, isReverse: true, limit: size + 1 });
    const runs = await wholeRuns(store, page.items, isWhole);
    for (const [at, run] of runs.entries()) {
      if (run && matches(run, query)) found.push(run);
      if (found.length > size) return pageOf(found.slice(0, size), flow);
      last = page.items[at]!["sk"]!.S!;
    }
    if (!page.next) return { items: found };
    to = before(last!);
    lookedAt += page.items.length;
  }
  return { items: found, cursor: cursorAt(flow === undefined ? parseTimeKey(last!) : [Number(last)]) };
}

const LOOKED_AT = 2000;

/** Later than every time and greater than every number. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

function pageOf(items: Run[], flow: string | undefined): Page<Run> {
  const { createdAt, flow: name, run } = items.at(-1)!;
  return { items, cursor: cursorAt(flow === undefined ? [createdAt, name, run] : [run]) };
}

/** The greatest key that is less: all of them end with a digit. */
function before(key: string): string {
  return `${key.slice(0, -1)}${String.fromCharCode(key.charCodeAt(key.length - 1) - 1)}\uffff`;
}

async function wholeRuns(
  store: DynamoStore,
  items: readonly TableItem[],
  isWhole: boolean,
): Promise<(Run | undefined)[]> {
  const whole = isWhole
    ? items
    : await store.table.getAll(
        items.map((item) => runItemKey({ flow: item["flow"]!.S!, run: Number(item["run"]!.N) })),
      );
  return Promise.all(whole.map((item) => item && runOf(store, item)));
}

function matches(run: Run, { flow, namespace, tag, status }: RunQuery): boolean {
  return (
    (flow ?? run.flow) === run.flow &&
    (namespace ?? run.namespace) === run.namespace &&
    (tag === undefined || run.tags.includes(tag)) &&
    (status ?? run.status) === run.status
  );
}

export async function listFlows(
  store: DynamoStore,
  { namespace, limit, cursor }: { namespace?: string; limit?: number; cursor?: string },
): Promise<Page<{ flow: string; newest: Run }>> {
  const size = pageSize(limit);
  const [after] = cursorPlaceOf(cursor, [""]);
  const { items, next } = await store.table.query({ pk: flowsOf(namespace), from: `${after}\u0001`, limit: size });
  const keys = items.map((item) => ({ flow: item["sk"]!.S!, run: Number(item["newest"]!.N) }));
  const runs = await store.table.getAll(keys.map(runItemKey));
  const flows = await Promise.all(
    keys.map(async ({ flow }, at) => {
      const item = runs[at];
      // The newest is not there yet, or its creation died: then the one before it is.
      const newest = item
        ? await runOf(store, item)
        : (await listRuns(store, { flow, ...(namespace !== undefined && { namespace }), limit: 1 })).items[0];
      return newest && { flow, newest };
    }),
  );
  const page = { items: flows.filter((one) => one !== undefined) };
  return next && (await next()).items.length > 0 ? { ...page, cursor: cursorAt([keys.at(-1)!.flow]) } : page;
}
