import type { Ledger, Status } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { TaskError } from "../../graph/task-error.ts";
import { openArtifacts } from "../../store/artifacts/open-artifacts.ts";
import type { ReadBlob } from "../../store/artifacts/pack.ts";
import { MillraceError } from "../../graph/errors.ts";
import type { AnyFlow, ArtifactsOf, StepsOf } from "../language/language.ts";
import type { Graph } from "../../graph/graph.ts";
import { lineageOf } from "../../graph/lineage.ts";

/** What became of one task. */
export interface TaskResult<Artifacts> {
  readonly index: string;
  readonly status: Status;
  /** How many attempts it took. */
  readonly attempts: number;
  readonly error?: TaskError;
  /** Every artifact that a later step sees, each loaded when it is touched; empty where the task left none. */
  readonly artifacts: Artifacts;
}

/** A run that has ended, and all that its tasks left. */
export interface FlowResult<F extends AnyFlow> extends RunKey {
  readonly status: "succeeded" | "failed" | "stopped";
  readonly error?: TaskError & { readonly step?: string; readonly index?: string };
  /** The artifacts after a step; `index` names the task where the step ran more than once. Throws where it left none. */
  artifacts<N extends StepsOf<F>>(step: N, index?: number | string): ArtifactsOf<F, N>;
  /** Every task of a step, in the order of their indices. */
  tasks<N extends StepsOf<F>>(step: N): TaskResult<ArtifactsOf<F, N>>[];
}

type Ended = Pick<FlowResult<AnyFlow>, "flow" | "run" | "status" | "error">;

/** Reads what every task of a run left: the manifests now, a page at a time, the values when they are touched. */
export async function readTaskResults<F extends AnyFlow>(
  { ledger, read }: { readonly ledger: Pick<Ledger, "listTasks">; readonly read: ReadBlob },
  ended: Ended,
  graph: Graph,
): Promise<FlowResult<F>> {
  const tasks = new Map<string, TaskResult<never>[]>();
  for (const step of lineageOf(graph).steps.keys()) {
    const found: TaskResult<never>[] = [];
    let cursor: string | undefined;
    do {
      const page = await ledger.listTasks(ended, step, { limit: 1000, ...(cursor !== undefined && { cursor }) });
      for (const { index, status, attempt, error, manifest } of page.items) {
        found.push({
          index,
          status,
          attempts: attempt,
          ...(error && { error }),
          artifacts: openArtifacts(read, manifest ?? {}) as never,
        });
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    tasks.set(step, found);
  }
  const of = (step: string) => {
    const found = tasks.get(step);
    if (!found) throw new MillraceError("step.unknown", `there is no such step`, { where: { flow: graph.name, step } });
    return found;
  };
  return {
    ...ended,
    tasks: (step) => of(step),
    artifacts(step, index) {
      const all = of(step);
      const where = { flow: graph.name, step };
      if (index === undefined && all.length > 1) {
        throw new MillraceError("step.manyTasks", `it ran ${all.length} times`, {
          where,
          hint: `Name the task: artifacts("${step}", "${all[0]!.index}").`,
        });
      }
      const task = index === undefined ? all[0] : all.find((one) => one.index === String(index));
      if (task && (task.status === "succeeded" || Object.keys(task.artifacts).length > 0)) return task.artifacts;
      const why = ended.error ? `: the run ${ended.status} with ${ended.error.name}: ${ended.error.message}` : "";
      throw new MillraceError(
        "step.noArtifacts",
        `${task ? "the task left no artifacts" : "it has no such task"}${why}`,
        { where },
      );
    },
  };
}
