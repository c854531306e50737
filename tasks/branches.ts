import { parseIndex } from "../graph/task-index.ts";
import type { Manifest } from "../store/artifacts/manifest.ts";
import { inputsAt, tooEarly, whole, type RunScope } from "./inputs.ts";

/** Branches whose manifests are read together. */
const PAGE = 200;

/** The width of the foreach that the join at `index` joins. */
export async function foreachWidth(scope: RunScope, join: string, index: string): Promise<number> {
  const [control] = await scope.ledger.readControls(scope.key, [{ node: join, index }]);
  if (control?.type !== "foreach") throw tooEarly(scope, `nobody wrote the width of ${join}/${index}`);
  return control.width;
}

/** A join's task. */
export interface JoinTask {
  readonly join: string;
  readonly index: string;
}

/** What the children of a foreach left, from the child `from` on and up to that before `to`, a page at a time. */
export async function* foreachEnds(
  scope: RunScope,
  { join, index }: JoinTask,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<Manifest[], void> {
  const { depth, joins } = scope.lineage.steps.get(join)!;
  if (joins?.type !== "foreach") throw new Error(`${join} joins no foreach`);
  const parent = parseIndex(index, depth);
  for (let start = from; start < to; start += PAGE) {
    const children = Array.from({ length: Math.min(PAGE, to - start) }, (_, i) => [...parent, start + i]);
    yield (await inputsAt(scope, joins.ends, children)).map(whole);
  }
}

/** What each of the branches left that the join at `index` joins, in the order of the text. */
export async function branchEnds(
  scope: RunScope,
  join: string,
  index: string,
): Promise<{ readonly names: string[]; readonly manifests: Manifest[] }> {
  const { depth, joins } = scope.lineage.steps.get(join)!;
  if (joins?.type !== "branch") throw new Error(`${join} joins no branches`);
  const parent = parseIndex(index, depth);
  const inputs = await Promise.all(joins.branches.map(({ ends }) => inputsAt(scope, ends, [parent])));
  return { names: joins.branches.map(({ name }) => name), manifests: inputs.map(([one]) => whole(one!)) };
}
