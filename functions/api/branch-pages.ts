import type { Lineage } from "../../graph/lineage.ts";
import { formatIndex, parseIndex } from "../../graph/task-index.ts";
import type { Manifest } from "../../store/artifacts/manifest.ts";
import { stepInputs, whole, type RunScope } from "../../tasks/inputs.ts";
import type { BranchesPage } from "./task-schemas.ts";

/** Manifests that are read together. */
const AT_ONCE = 200;
/** Of one answer; a Lambda function answers 6 MB, and for each blob in these the answer has a grant as well. */
const BRANCHES = 10_000;
const BRANCHES_BYTES = 2 * 1024 * 1024;

/**
 * The branches from `from` on of the foreach that `join` joins: at least one where there is one, and no more than fit in
 * an answer.
 */
export async function branchesFrom(scope: RunScope, join: string, index: string, from: number): Promise<BranchesPage> {
  const [control] = await scope.ledger.readControls(scope.key, [{ node: join, index }]);
  if (control?.type !== "foreach") throw new Error(`nobody wrote the width of ${join}/${index}`);
  const { width } = control;
  const { steps, depth } = withEnd(scope.lineage, join);
  const parent = parseIndex(index, depth);
  const ended = { ...scope, lineage: { ...scope.lineage, steps } };
  const last = Math.min(width, from + BRANCHES);
  const manifests: Manifest[] = [];
  let bytes = 0;
  for (let next = from; next < last; next += AT_ONCE) {
    const count = Math.min(AT_ONCE, last - next);
    const children = Array.from({ length: count }, (_, i) => formatIndex([...parent, next + i]));
    for (const manifest of (await stepInputs(ended, END, children)).map(whole)) {
      bytes += JSON.stringify(manifest).length;
      if (bytes > BRANCHES_BYTES && manifests.length > 0) return { type: "foreach", width, from, manifests };
      manifests.push(manifest);
    }
  }
  return { type: "foreach", width, from, manifests };
}

/** No step's name. */
const END = "(end)";

/** What a branch ends with is what a step after the body's last would begin with. */
function withEnd({ steps }: Lineage, join: string) {
  const place = steps.get(join)!;
  if (place.joins?.type !== "foreach") throw new Error(`${join} joins no foreach`);
  const end = { node: place.node, next: place.next, depth: place.depth + 1, inputs: place.joins.ends };
  return { steps: new Map(steps).set(END, end), depth: place.depth };
}
