/** How long the tasks of one page should take together: short enough that no worker waits long while another has a queue. */
const PAGE_MILLISECONDS = 12;
const LARGEST_PAGE = 256;

/**
 * How many tasks of a step are handed to a worker at once: one until it is known that they are short, then as many as
 * take a few milliseconds, and never so many that the other workers go without.
 */
export class PageSizes {
  #milliseconds = new Map<string, number>();

  observe(step: string, seconds: number): void {
    const before = this.#milliseconds.get(step);
    const now = seconds * 1000;
    // A slow one counts at once; short ones have to come more than once.
    this.#milliseconds.set(step, before === undefined || now > before ? now : before * 0.6 + now * 0.4);
  }

  /** How long that many tasks of a step will take one worker; undefined while none has ended. */
  expectedMilliseconds(step: string, count: number): number | undefined {
    const each = this.#milliseconds.get(step);
    return each === undefined ? undefined : each * count;
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
