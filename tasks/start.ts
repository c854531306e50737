import type { Manifest } from "../store/artifacts/manifest.ts";
import { branchEnds, foreachEnds, foreachWidth } from "./branches.ts";
import { stepInputs, type RunScope, type TaskInputs } from "./inputs.ts";

export interface TaskStart {
  readonly index: string;
  /** Who runs it; the same again for the same attempt. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A task that has begun, with all that it begins with; or one that had finished before and is not run again. */
export type BegunTask =
  | {
      readonly state: "started";
      readonly index: string;
      readonly attempt: number;
      readonly inputs: TaskInputs;
      readonly branches?: BranchInputs;
    }
  | { readonly state: "done"; readonly index: string };

/** What a join joins: each branch's own artifacts. */
export type BranchInputs =
  | { readonly type: "foreach"; readonly manifests: readonly Manifest[] }
  | { readonly type: "branch"; readonly names: readonly string[]; readonly manifests: readonly Manifest[] };

/** Begins an attempt of each of a step's tasks, a page at a time: its siblings are read and written together. */
export async function startTasks(scope: RunScope, step: string, starts: readonly TaskStart[]): Promise<BegunTask[]> {
  const attempts = await scope.ledger.startAttempts(
    scope.key,
    starts.map(({ index, by, at }) => ({ step, index, by, at })),
  );
  const begun = starts.filter((_, i) => attempts[i]!.state === "started");
  const inputs = await stepInputs(
    scope,
    step,
    begun.map(({ index }) => index),
  );
  const joins = scope.lineage.steps.get(step)!.joins !== undefined;
  const branches = joins ? await Promise.all(begun.map(({ index }) => branchInputs(scope, step, index))) : [];
  let next = 0;
  return starts.map(({ index }, i) => {
    const answer = attempts[i]!;
    if (answer.state === "done") return { state: "done", index };
    const k = next++;
    const joined = branches[k];
    return {
      state: "started",
      index,
      attempt: answer.attempt,
      inputs: inputs[k]!,
      ...(joined && { branches: joined }),
    };
  });
}

async function branchInputs(scope: RunScope, join: string, index: string): Promise<BranchInputs> {
  if (scope.lineage.steps.get(join)!.joins!.type === "branch")
    return { type: "branch", ...(await branchEnds(scope, join, index)) };
  const manifests: Manifest[] = [];
  const width = await foreachWidth(scope, join, index);
  for await (const page of foreachEnds(scope, { join, index }, { from: 0, to: width })) manifests.push(...page);
  return { type: "foreach", manifests };
}
