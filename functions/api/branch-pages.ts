import type { Manifest } from "../../store/artifacts/manifest.ts";
import { foreachEnds, foreachWidth, type JoinTask } from "../../tasks/branches.ts";
import type { RunScope } from "../../tasks/inputs.ts";
import type { BranchesPage } from "./task-schemas.ts";

/** Of one answer; a Lambda function answers 6 MB, and for each blob in these the answer has a grant as well. */
const BRANCHES = 10_000;
const BRANCHES_BYTES = 2 * 1024 * 1024;

/**
 * The branches from `from` on of the foreach that the task joins: at least one where there is one, and no more than fit in
 * an answer.
 */
export async function branchesFrom(scope: RunScope, task: JoinTask, from: number): Promise<BranchesPage> {
  const width = await foreachWidth(scope, task.join, task.index);
  const manifests: Manifest[] = [];
  let bytes = 0;
  const to = Math.min(width, from + BRANCHES);
  for await (const page of foreachEnds(scope, task, { from, to }))
    for (const manifest of page) {
      bytes += JSON.stringify(manifest).length;
      if (bytes > BRANCHES_BYTES && manifests.length > 0) return { type: "foreach", width, from, manifests };
      manifests.push(manifest);
    }
  return { type: "foreach", width, from, manifests };
}
