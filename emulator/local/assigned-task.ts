import type { Manifest } from "../../store/artifacts/manifest.ts";
import type { AttemptEnd, LogRange } from "../../store/ledger/ledger.ts";
import type { RunScope } from "../../tasks/inputs.ts";
import type { BegunTask } from "../../tasks/start.ts";
import type { WorkPage } from "../../runtime/worker/protocol.ts";
import type { TaskOutcome } from "../../runtime/task.ts";
import type { Job } from "../../engine/job.ts";
import type { Lineage } from "../../graph/lineage.ts";
import { retryDelaySeconds } from "../../statemachines/contract/retries.ts";
import type { Try } from "./job-queue.ts";

/** A task that has begun and that a worker has been given. */
export interface AssignedTask {
  /** Its number among the worker's tasks. */
  readonly number: number;
  readonly attempt: Try;
  readonly started: Extract<BegunTask, { state: "started" }>;
}

/** What became of it. */
export interface TaskEnd {
  readonly task: AssignedTask;
  readonly outcome: TaskOutcome;
  readonly seconds: number;
  readonly log?: LogRange;
}

/** The tasks, all of one step, as a worker gets them: what siblings begin with is said once. */
export function workPage(
  { scope, exportName, tags }: { scope: RunScope; exportName: string; tags: readonly string[] },
  step: string,
  tasks: readonly AssignedTask[],
): WorkPage {
  const bases: Manifest[] = [];
  const places = new Map<Manifest, number>();
  return {
    type: "page",
    from: tasks[0]!.number,
    exportName,
    page: { flow: scope.key.flow, run: scope.key.run, step, tags, parameters: scope.parameters },
    tasks: tasks.map(({ attempt, started: { index, attempt: count, inputs, branches } }) => {
      let base = places.get(inputs.base);
      if (base === undefined) {
        base = bases.push(inputs.base) - 1;
        places.set(inputs.base, base);
      }
      return {
        index,
        attempt: count,
        last: isLast(attempt, count),
        base,
        items: inputs.items,
        ...(branches && { branches }),
      };
    }),
    bases,
  };
}

/** The end as the ledger keeps it. */
export function attemptEnd({ task, outcome, log }: TaskEnd): AttemptEnd {
  const { attempt, started } = task;
  return {
    step: attempt.job.step,
    index: started.index,
    attempt: started.attempt,
    at: Date.now(),
    status: outcome.status,
    ...("error" in outcome && { error: outcome.error }),
    ...("own" in outcome && {
      manifest: { ...started.inputs.base, ...started.inputs.items, ...outcome.own },
      controls: outcome.controls,
    }),
    ...("caught" in outcome && outcome.caught && { caught: true }),
    ...(log && { log }),
  };
}

/** The attempt as events name it. */
export function attemptOf({ attempt, started }: Pick<AssignedTask, "attempt" | "started">) {
  return { step: attempt.job.step, index: started.index, attempt: started.attempt };
}

/** Who tries a task again that has failed, and when; the machine says itself how long it waits. */
export type Retry = "none" | { readonly by: "scheduler" | "machine"; readonly inSeconds: number };

export function retryOf(lineage: Lineage, { attempt, started }: Pick<AssignedTask, "attempt" | "started">): Retry {
  const { job, number } = attempt;
  if (job.isRetriedByMachine) return started.attempt < job.attempts ? { by: "machine", inSeconds: 0 } : "none";
  if (number >= job.attempts) return "none";
  const options = lineage.steps.get(job.step)?.node.options;
  return { by: "scheduler", inSeconds: options ? retryDelaySeconds(options, number) : 0 };
}

/** How often whoever carries the job out tries each of its tasks. */
export function triesOf(job: Job): number {
  return job.isRetriedByMachine ? 1 : job.attempts;
}

/** Whether no further attempt follows; `attempt` is the ledger's number of it. */
function isLast({ job, number }: Try, attempt: number): boolean {
  return (job.isRetriedByMachine ? attempt : number) >= job.attempts;
}
