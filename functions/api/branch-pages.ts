import type { Lineage } from "../../sdk/graph/lineage.ts";
import { formatIndex, parseIndex } from "../../sdk/graph/task-index.ts";
import type { Manifest } from "../artifacts/manifest.ts";
import { stepInputs, whole, type RunScope } from "../tasks/inputs.ts";
import type { BranchesPage } from "./contract.ts";

/** Manifests of one answer; they have a bound in bytes beside it. */
const BRANCHES = 200;
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
  const children = Array.from({ length: Math.max(0, Math.min(width - from, BRANCHES)) }, (_, i) =>
    formatIndex([...parent, from + i]),
  );
  const ends =
    children.length > 0 ? await stepInputs({ ...scope, lineage: { ...scope.lineage, steps } }, END, children) : [];
  const manifests: Manifest[] = [];
  let bytes = 0;
  for (const manifest of ends.map(whole)) {
    bytes += JSON.stringify(manifest).length;
    if (bytes > BRANCHES_BYTES && manifests.length > 0) break;
    manifests.push(manifest);
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
