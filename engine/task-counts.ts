import type { TaskFinished } from "./events.ts";
import type { TaskEvent } from "./world.ts";

/** How many tasks have ended, and how. */
export interface TaskCounts {
  succeeded: number;
  /** Those that were caught included. */
  failed: number;
  caught: number;
  stopped: number;
}

export function noTasks(): TaskCounts {
  return { succeeded: 0, failed: 0, caught: 0, stopped: 0 };
}

/** Counts the end of a task; an attempt that another follows is none. */
export function countEnd(
  counts: TaskCounts,
  { status, caught, retryInSeconds }: Pick<TaskFinished, "status" | "caught" | "retryInSeconds">,
): void {
  if (retryInSeconds !== undefined) return;
  counts[status]++;
  if (caught) counts.caught++;
}

/** The tasks of a run, counted by step from what is emitted of them: the one place where they are. */
export class StepCounts {
  /** By step, in the order in which they were reached. */
  readonly steps = new Map<string, TaskCounts>();

  add(event: TaskEvent): void {
    if (event.type === "task.started") this.#of(event.step);
    else if (event.type === "task.finished") countEnd(this.#of(event.step), event);
  }

  get total(): TaskCounts {
    const total = noTasks();
    for (const counts of this.steps.values())
      for (const one of Object.keys(total) as (keyof TaskCounts)[]) total[one] += counts[one];
    return total;
  }

  #of(step: string): TaskCounts {
    let counts = this.steps.get(step);
    if (!counts) this.steps.set(step, (counts = noTasks()));
    return counts;
  }
}
