/** What a further worker must save at least: starting a process takes about this much of a processor. */
const HIRING_MILLISECONDS = 100;
/** Where no task has ended for this long, those that wait get further workers, however short they were thought to be. */
const PATIENCE_MILLISECONDS = 30;

/** Decides when another worker is worth starting: a process costs more time than many short tasks. */
export class Hiring {
  #patience: NodeJS.Timeout | undefined;

  /**
   * Calls `hire` at once where the tasks that wait would take the workers that there are longer than it costs, and else
   * once no task has ended for a while.
   */
  consider(millisecondsToSave: number | undefined, workers: number, hire: () => void): void {
    const isWorthIt = workers === 0 || (millisecondsToSave ?? 0) / workers > HIRING_MILLISECONDS;
    if (!isWorthIt) {
      this.#patience ??= setTimeout(() => {
        this.#patience = undefined;
        hire();
      }, PATIENCE_MILLISECONDS);
      return;
    }
    this.taskEnded();
    hire();
  }

  /** A task has ended, or nobody waits any more. */
  taskEnded(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }
}
