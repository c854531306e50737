import type { Lineage } from "../../graph/lineage.ts";
import { parseDuration } from "../../graph/units.ts";
import { GRACE_MILLISECONDS } from "../../runtime/task.ts";

/** What a worker needs beyond its handlers' grace to say that they are over. */
const MARGIN_MILLISECONDS = 1_000;

/**
 * Watches the task that a worker runs from outside: a handler that never gives the thread up can't be told that its time
 * is over, so its process is killed.
 */
export class TaskClock {
  /** Why the worker was killed by us. */
  killedFor: "timeout" | "stop" | undefined;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  start(lineage: Lineage, step: string, kill: () => void): void {
    clearTimeout(this.#timer);
    this.#startedAt = performance.now();
    const timeout = lineage.steps.get(step)?.node.options.timeout;
    if (timeout === undefined) return;
    const milliseconds = parseDuration(timeout) * 1000 + GRACE_MILLISECONDS + MARGIN_MILLISECONDS;
    this.#timer = setTimeout(
      () => {
        this.killedFor = "timeout";
        kill();
      },
      Math.min(milliseconds, 2 ** 31 - 1),
    );
  }

  killAfterGrace(kill: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.killedFor = "stop";
      kill();
    }, GRACE_MILLISECONDS + MARGIN_MILLISECONDS);
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
