/** How long the tasks of one page should take together: short enough that no worker waits long while another has a queue. */
const PAGE_MILLISECONDS = 12;
export const LARGEST_PAGE = 256;
/** What the engine itself does for a task, going by its ledger's writes. */
const ENGINE_MILLISECONDS = 0.1;
/** The first tasks of a run take longer than those that follow, as their code is compiled while it runs. */
const TELLING_TASKS = 16;
const LONG_MILLISECONDS = 5;

/**
 * How many tasks of a step are handed to a worker at once: one until it is known that they are short, then as many as
 * take a few milliseconds, and never so many that the other workers go without.
 */
export class PageSizes {
  #milliseconds = new Map<string, number>();
  #observed = 0;

  observe(step: string, seconds: number): void {
    this.#observed++;
    const before = this.#milliseconds.get(step);
    const now = seconds * 1000;
    // A slow one counts at once; short ones have to come more than once.
    this.#milliseconds.set(step, before === undefined || now > before ? now : before * 0.6 + now * 0.4);
  }

  /**
   * How much sooner that many tasks of a step would be done with twice the workers: what they take beyond the engine's own
   * work for each, which is the same however many work. Undefined while too few have ended to know.
   */
  millisecondsToSave(step: string, count: number): number | undefined {
    const each = this.#milliseconds.get(step);
    const isTelling = this.#observed >= TELLING_TASKS || (each ?? 0) > LONG_MILLISECONDS;
    return each === undefined || !isTelling ? undefined : (each - ENGINE_MILLISECONDS) * count;
  }

  /** Whether a worker that is about to run out should have the next page at hand: its tasks are many and short. */
  areShort(step: string): boolean {
    const each = this.#milliseconds.get(step);
    return each !== undefined && each * 8 < PAGE_MILLISECONDS;
  }

  of(step: string, waiting: number, workers: number): number {
    const each = this.#milliseconds.get(step);
    if (each === undefined) return 1;
    const fair = Math.ceil(waiting / (2 * workers));
    return Math.max(1, Math.min(LARGEST_PAGE, fair, Math.floor(PAGE_MILLISECONDS / Math.max(each, 0.01))));
  }
}
