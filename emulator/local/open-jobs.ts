import type { Job, JobResult } from "../../engine/job.ts";

interface OpenJob {
  left: number;
  readonly failed: JobResult[number][];
  resolve(result: JobResult): void;
  reject(error: unknown): void;
}

/** The jobs that somebody waits for, and how many of each one's tasks are still to end. */
export class OpenJobs {
  #jobs = new Map<Job, OpenJob>();

  /** Resolves once all of the job's tasks are settled; where `signal` fires it calls `cancel` and rejects. */
  open(job: Job, signal: AbortSignal, cancel: () => void): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abort = () => {
        this.#jobs.delete(job);
        cancel();
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#jobs.set(job, {
        left: job.size,
        failed: [],
        reject,
        resolve(result) {
          signal.removeEventListener("abort", abort);
          resolve(result);
        },
      });
    });
  }

  has(job: Job): boolean {
    return this.#jobs.has(job);
  }

  /** One of the job's tasks will not be tried again. */
  settle(job: Job, failed: JobResult[number] | undefined): void {
    const open = this.#jobs.get(job);
    if (!open) return;
    if (failed) open.failed.push(failed);
    if (--open.left > 0) return;
    this.#jobs.delete(job);
    open.resolve(open.failed);
  }

  rejectAll(error: unknown): void {
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const job of jobs) job.reject(error);
  }
}
