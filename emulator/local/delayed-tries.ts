import type { Try } from "./job-queue.ts";

/** Tries that wait for their time to come. */
export class DelayedTries {
  readonly #timers = new Set<NodeJS.Timeout>();

  add(next: Try, delaySeconds: number, onDue: (next: Try) => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      onDue(next);
    }, delaySeconds * 1000);
    this.#timers.add(timer);
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
