import { MillraceError } from "../graph/errors.ts";
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

/** The machine begins a task once those before it have finished, so it is not the machine that asks. */
export function tooEarly({ key: { flow, run } }: Pick<RunScope, "key">, what: string): MillraceError {
  return new MillraceError("task.tooEarly", `run ${run}: ${what}`, { where: { flow } });
}

export function whole({ base, items }: TaskInputs): Manifest {
  return { ...base, ...items };
}

/** What a task begins with, or would begin with, that comes after any of these sources, at each place. */
export async function inputsAt(
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
    throw tooEarly(scope, `nothing that comes before index ${formatIndex(places[open[0]!]!)} has finished`);
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
      if (control?.type !== "foreach") throw tooEarly(scope, `nobody wrote the items of ${node}/${index}`);
      refs[as] = itemRef(control, position);
    }
    return refs;
  });
}
