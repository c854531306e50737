import { countEnd, noTasks, type TaskCounts } from "../../engine/task-counts.ts";
import type { RunEvent, SplitStarted, TaskFinished, TaskStarted } from "../../engine/events.ts";

/** A step whose tasks are too many to show one by one. */
export interface Wave {
  readonly step: string;
  /** How many tasks it will have, as far as is known yet. */
  readonly total: number;
  readonly running: number;
  /** Of those that have ended. */
  readonly tasks: Readonly<TaskCounts>;
  readonly startedAt: number;
  readonly endedAt: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Counts = Mutable<Omit<Wave, "tasks">> & {
  readonly tasks: TaskCounts;
  isWave: boolean;
  isShownByWave: boolean;
  readonly splitAt: Set<string>;
};

/** A foreach that is wider than this is shown as a whole. */
const WIDE = 20;

/**
 * Sorts a run's tasks into those that a person reads one by one and waves. Events say nothing of the graph, so a wide
 * foreach's further steps are known by their index (it has as many places as its first step's, or more), and a foreach that
 * is named by its join, since it begins with no step, by the steps that came before that join.
 */
export class Waves {
  readonly #steps = new Map<string, Counts>();
  /** How many places the indices of the outermost wave's tasks have. */
  #depth = Infinity;

  /** Whether its wave shows the event. */
  take(event: RunEvent): boolean {
    switch (event.type) {
      case "split.started":
        this.#split(event);
        return true;
      case "task.started":
        return this.#start(event);
      case "task.finished":
        return this.#finish(event);
      default:
        return false;
    }
  }

  #split({ step, index, width, at }: SplitStarted): void {
    const counts = this.#counts(step, at);
    counts.total += width;
    counts.isWave ||= counts.total > WIDE;
    counts.splitAt.add(index);
  }

  #start({ step, index, attempt, at }: TaskStarted): boolean {
    const counts = this.#counts(step, at);
    if (counts.splitAt.has(index) && counts.running + ended(counts) === 0 && this.#hasRunSince(counts)) {
      counts.total = 0;
      counts.isWave = false;
    }
    if (counts.isWave) this.#depth = Math.min(this.#depth, places(index));
    else if (index !== "0" && places(index) >= this.#depth && this.open.length > 0) {
      counts.isWave = true;
      counts.total = Math.max(...this.open.map(({ total }) => total));
    }
    counts.running++;
    counts.isShownByWave = false;
    if (attempt === 1) counts.total = Math.max(counts.total, counts.running + ended(counts));
    return counts.isWave;
  }

  #finish(event: TaskFinished): boolean {
    const counts = this.#counts(event.step, event.at);
    counts.running = Math.max(0, counts.running - 1);
    counts.endedAt = event.at;
    countEnd(counts.tasks, event);
    return counts.isWave;
  }

  #counts(step: string, at: number): Counts {
    let counts = this.#steps.get(step);
    if (!counts) {
      counts = {
        step,
        total: 0,
        running: 0,
        tasks: noTasks(),
        startedAt: at,
        endedAt: at,
        isWave: false,
        isShownByWave: false,
        splitAt: new Set(),
      };
      this.#steps.set(step, counts);
    }
    return counts;
  }

  #hasRunSince(counts: Counts): boolean {
    const steps = [...this.#steps.values()];
    return steps.slice(steps.indexOf(counts) + 1).some((later) => ended(later) > 0);
  }

  /** The waves that have begun and have tasks to come. */
  get open(): Wave[] {
    return [...this.#steps.values()].filter(
      (counts) => counts.isWave && counts.running + ended(counts) > 0 && ended(counts) < counts.total,
    );
  }

  /**
   * The waves that have ended since this was last asked, in the order in which they began: one inside another is not
   * over before that is. At the end of a run, all that were not shown.
   */
  takeEnded(runHasEnded: boolean): Wave[] {
    const over: Counts[] = [];
    for (const counts of this.#steps.values()) {
      const isSplit = counts.isWave || counts.splitAt.size > 0;
      if (!runHasEnded && isSplit && ended(counts) < counts.total) break;
      if (counts.isWave && !counts.isShownByWave && ended(counts) > 0) over.push(counts);
    }
    for (const counts of over) counts.isShownByWave = true;
    return over;
  }
}

export function ended({ tasks }: Pick<Wave, "tasks">): number {
  return tasks.succeeded + tasks.failed + tasks.stopped;
}

/** Those that failed while the flow does not go on all the same. */
export function failedOf({ tasks }: Pick<Wave, "tasks">): number {
  return tasks.failed - tasks.caught;
}

function places(index: string): number {
  return index.split(".").length;
}
