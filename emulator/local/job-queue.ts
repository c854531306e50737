import type { Job } from "../../engine/job.ts";

/** One try of one of a job's tasks. */
export interface Try {
  readonly job: Job;
  readonly index: string;
  /** From 1. */
  readonly number: number;
}

/**
 * What waits to be run: jobs in the order they came, their tasks made as they are taken, so that a wide array takes no
 * room; and the tries that came back, which go first.
 */
export class JobQueue {
  #jobs: { job: Job; next: number }[] = [];
  #first = 0;
  #again: Try[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(job: Job): void {
    this.#jobs.push({ job, next: 0 });
    this.#length += job.size;
  }

  /** Tries that are to be made before all others, the first of them first. */
  giveBack(tries: readonly Try[]): void {
    this.#again.unshift(...tries);
    this.#length += tries.length;
  }

  /** The step that the next page is of. */
  get nextStep(): string | undefined {
    return (this.#again[0] ?? this.#jobs[this.#first])?.job.step;
  }

  /** Up to `count` tries, all of one step. */
  take(count: number): Try[] {
    const taken: Try[] = [];
    const step = this.nextStep;
    while (taken.length < count && this.#again[0]?.job.step === step && this.#again.length > 0)
      taken.push(this.#again.shift()!);
    while (taken.length < count && this.#jobs[this.#first]?.job.step === step && this.#first < this.#jobs.length) {
      const entry = this.#jobs[this.#first]!;
      taken.push({ job: entry.job, index: entry.job.index(entry.next++), number: 1 });
      if (entry.next >= entry.job.size) this.#first++;
    }
    if (this.#first > 1024) {
      this.#jobs = this.#jobs.slice(this.#first);
      this.#first = 0;
    }
    this.#length -= taken.length;
    return taken;
  }

  /** Drops what waits of one job. */
  remove(job: Job): void {
    const waiting = this.#jobs.slice(this.#first).filter((entry) => entry.job !== job);
    const again = this.#again.filter((one) => one.job !== job);
    this.clear();
    this.#jobs = waiting;
    this.#again = again;
    this.#length = again.length + waiting.reduce((sum, { job: { size }, next }) => sum + size - next, 0);
  }

  clear(): void {
    this.#jobs = [];
    this.#first = 0;
    this.#again = [];
    this.#length = 0;
  }
}
