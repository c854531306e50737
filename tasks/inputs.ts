import { formatIndex, parseIndex } from "../graph/task-index.ts";
import type { Item, Lineage, Source } from "../graph/lineage.ts";
import { itemRef } from "../store/artifacts/pack.ts";
import type { Manifest, ValueRef } from "../store/artifacts/manifest.ts";
import type { Attempt, Ledger } from "../store/ledger/ledger.ts";
import type { ControlValue } from "../graph/control-value.ts";
import type { RunKey } from "../graph/run-name.ts";

/** The run whose tasks are asked about, and what is known of it. */
export interface RunScope {
  readonly ledger: Ledger;
  readonly key: RunKey;
  readonly lineage: Lineage;
  /** What the run began with. */
  readonly parameters: Manifest;
}

/** The artifacts that a task begins with: those it shares with its siblings, and the foreach elements that are its own. */
export interface TaskInputs {
  readonly base: Manifest;
  readonly items: Manifest;
}

/** How many tasks or branches one read of the ledger asks for at most. */
const PAGE = 500;

/**
 * What each task of a step begins with, from the tasks that finished before it. Siblings are read together: one read
 * for all children of a foreach, whatever their number.
 */
export function stepInputs(scope: RunScope, step: string, indices: readonly string[]): Promise<TaskInputs[]> {
  const place = scope.lineage.steps.get(step);
  if (!place) throw new Error(`${scope.key.flow} has no step ${step}`);
  return inputsAt(
    scope,
    place.inputs,
    indices.map((index) => parseIndex(index, place.depth)),
  );
}

/** What a control node is asked about, as seen from `index`. */
export async function controlInputs(scope: RunScope, node: string, index: string): Promise<TaskInputs> {
  const place = scope.lineage.controls.get(node)!;
  const [inputs] = await inputsAt(scope, place.inputs, [parseIndex(index, place.depth)]);
  return inputs!;
}

/** The manifests of the foreach children `from` to `to` (not included) that a join at `index` joins. */
async function foreachEnds(
  scope: RunScope,
  join: string,
  index: string,
  from: number,
  to: number,
): Promise<Manifest[]> {
  const { depth, joins } = scope.lineage.steps.get(join)!;
  if (joins?.type !== "foreach") throw new Error(`${join} joins no foreach`);
  const parent = parseIndex(index, depth);
  const manifests: Manifest[] = [];
  for (let start = from; start < to; start += PAGE) {
    const children = Array.from({ length: Math.min(PAGE, to - start) }, (_, i) => [...parent, start + i]);
    for (const inputs of await inputsAt(scope, joins.ends, children)) manifests.push(whole(inputs));
  }
  return manifests;
}

/** The manifests of all children of the foreach that a join at `index` joins. */
export async function allForeachEnds(scope: RunScope, join: string, index: string): Promise<Manifest[]> {
  const { depth, joins } = scope.lineage.steps.get(join)!;
  const width = await widthOf(scope, join, index);
  const [only, ...others] = joins?.type === "foreach" ? joins.ends : [];
  // Where every child ends with the same step, that step's tasks are the ends: they are read as they stand in the ledger.
  if (only?.step !== undefined && others.length === 0 && !only.last && width > 1) {
    const manifests = await endsOfStep(scope, only.step, depth === 0 ? "" : index);
    if (manifests.length === width) return manifests;
  }
  return foreachEnds(scope, join, index, 0, width);
}

/** What every task of a step below an index left, read in pages rather than one by one. */
async function endsOfStep({ ledger, key }: RunScope, step: string, under: string): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  let cursor: string | undefined;
  do {
    const page = await ledger.listTasks(key, step, { under, limit: 1000, ...(cursor !== undefined && { cursor }) });
    for (const attempt of page.items) {
      const manifest = finished(attempt);
      if (manifest) manifests.push(manifest);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return manifests;
}

/** The manifests of the branches that a join at `index` joins, in the order of the text. */
export async function branchEnds(
  scope: RunScope,
  join: string,
  index: string,
): Promise<{ name: string; manifest: Manifest }[]> {
  const { depth, joins } = scope.lineage.steps.get(join)!;
  if (joins?.type !== "branch") throw new Error(`${join} joins no branches`);
  const parent = parseIndex(index, depth);
  return Promise.all(
    joins.branches.map(async ({ name, ends }) => ({
      name,
      manifest: whole((await inputsAt(scope, ends, [parent]))[0]!),
    })),
  );
}

export function whole({ base, items }: TaskInputs): Manifest {
  return { ...base, ...items };
}

/** The width of the foreach that `join` joins. */
async function widthOf(scope: RunScope, join: string, index: string): Promise<number> {
  const [control] = await scope.ledger.readControls(scope.key, [{ node: join, index }]);
  if (control?.type !== "foreach")
    throw new Error(`${scope.key.flow}/${scope.key.run}: nobody wrote the width of ${join}/${index}`);
  return control.width;
}

async function inputsAt(
  scope: RunScope,
  sources: readonly Source[],
  places: readonly number[][],
): Promise<TaskInputs[]> {
  const found = Array.from<TaskInputs | undefined>({ length: places.length });
  let open = places.map((_, i) => i);
  for (const source of sources) {
    if (open.length === 0) break;
    const manifests = await manifestsOf(
      scope,
      source,
      open.map((i) => places[i]!),
    );
    const items = await itemsOf(
      scope,
      source.items,
      open.map((i) => places[i]!),
    );
    open.forEach((i, k) => {
      const base = manifests[k];
      if (base) found[i] = { base, items: items[k]! };
    });
    open = open.filter((i) => !found[i]);
  }
  if (open.length > 0) {
    const { flow, run } = scope.key;
    throw new Error(`${flow}/${run}: nothing that comes before index ${formatIndex(places[open[0]!]!)} has finished`);
  }
  return found as TaskInputs[];
}

/** What the source left at each place; undefined where it has not finished there. */
async function manifestsOf(
  scope: RunScope,
  source: Source,
  places: readonly number[][],
): Promise<(Manifest | undefined)[]> {
  const { step } = source;
  if (step === undefined) return places.map(() => scope.parameters);
  const targets = places.map((place) => target(source, place));
  const distinct = [...new Set(targets.filter((index) => index !== undefined))];
  const attempts = source.last
    ? await Promise.all(distinct.map((under) => scope.ledger.lastTask(scope.key, step, under)))
    : await scope.ledger.readTasks(
        scope.key,
        distinct.map((index) => ({ step, index })),
      );
  const byIndex = new Map(distinct.map((index, i) => [index, finished(attempts[i])]));
  return targets.map((index) => (index === undefined ? undefined : byIndex.get(index)));
}

/** Where the source's task is, seen from a place; a loop's rounds are looked for below it. */
function target({ up, previous, last }: Source, place: readonly number[]): string | undefined {
  const components = place.slice(0, place.length - up);
  if (previous) {
    const round = components.pop()!;
    if (round === 0) return undefined;
    components.push(round - 1);
  }
  return last && components.length === 0 ? "" : formatIndex(components);
}

function finished(attempt: Attempt | undefined): Manifest | undefined {
  return attempt && (attempt.status === "succeeded" || attempt.caught) ? attempt.manifest : undefined;
}

async function itemsOf(scope: RunScope, items: readonly Item[], places: readonly number[][]): Promise<Manifest[]> {
  if (items.length === 0) return places.map(() => ({}));
  const controls = new Map<string, ControlValue>();
  const bound = places.map((place) =>
    items.map(({ foreach, as, depth }) => ({
      node: foreach,
      as,
      index: formatIndex(place.slice(0, depth - 1)),
      position: place[depth - 1]!,
    })),
  );
  const keys = new Map(bound.flat().map(({ node, index }) => [`${node}/${index}`, { node, index }]));
  const values = await scope.ledger.readControls(scope.key, [...keys.values()]);
  [...keys.keys()].forEach((key, i) => {
    const value = values[i];
    if (value) controls.set(key, value);
  });
  return bound.map((list) => {
    const refs: Record<string, ValueRef> = {};
    for (const { node, as, index, position } of list) {
      const control = controls.get(`${node}/${index}`);
      if (control?.type !== "foreach") throw new Error(`nobody wrote the items of ${node}/${index}`);
      refs[as] = itemRef(control, position);
    }
    return refs;
  });
}
