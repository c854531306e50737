/** What a further worker must save at least: starting a process takes about this much of a processor. */
const START_MILLISECONDS = 100;
/** Where no task has ended for this long, those that wait get further workers, however short they were thought to be. */
const PATIENCE_MILLISECONDS = 30;

/** Decides when the pool is worth another worker: a process costs more time than many short tasks. */
export class PoolSize {
  #patience: NodeJS.Timeout | undefined;

  /**
   * Calls `grow` at once where the tasks that wait would take the workers that there are longer than another costs, and
   * else once no task has ended for a while.
   */
  consider(millisecondsToSave: number | undefined, workers: number, grow: () => void): void {
    const isWorthIt = workers === 0 || (millisecondsToSave ?? 0) / workers > START_MILLISECONDS;
    if (!isWorthIt) {
      this.#patience ??= setTimeout(() => {
        this.#patience = undefined;
        grow();
      }, PATIENCE_MILLISECONDS);
      return;
    }
    this.taskEnded();
    grow();
  }

  /** A task has ended, or nobody waits any more. */
  taskEnded(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }
}
