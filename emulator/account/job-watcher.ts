import { concurrently } from "../../graph/concurrently.ts";
import type { DescribedJob } from "../../aws/batch/described-job.ts";
import type { Batch } from "../../aws/batch/batch.ts";
import { submitRequest } from "../../aws/batch/submit-request.ts";
import { troubleError } from "../../aws/batch/job.ts";
import { whyWaiting } from "../../aws/batch/why-waiting.ts";
import { isServiceError, isTemporary } from "../../aws/temporary-error.ts";
import type { JobStatus } from "../../engine/events.ts";
import type { JobResult, StateJob } from "../../engine/job.ts";
import { MillraceError } from "../../graph/errors.ts";
import { JobEvents, type JobEventsOptions, type PolledJob, type JobTaskEnd } from "./job-events.ts";
import { childrenBegun, emittedAfter, NOTHING_EMITTED, progressOf, type JobChange } from "./job-progress.ts";
import { Patience } from "./patience.ts";
import { serviceFailure } from "./service-failure.ts";

/** What JobWatcher asks of AWS Batch. */
export interface WatchedBatch extends Pick<Batch, "submit" | "describeQueues" | "terminate" | "close"> {
  describeJobs(ids: readonly string[]): Promise<readonly DescribedJob[]>;
}

export interface WatcherOptions extends JobEventsOptions {
  readonly batch: WatchedBatch;
  /** How long Batch may be busy or out of reach before the run fails; ten minutes unless given. */
  readonly patienceMilliseconds?: number;
}

/** A job that the machine waits for, and how many of its tasks have ended. */
interface Open {
  readonly id: string;
  readonly job: StateJob;
  readonly own: PolledJob;
  /** Those of an array's children that have not ended. */
  readonly children: Set<PolledJob>;
  /** Children that have come as far as to run, by Batch's own count. */
  begun: number;
  settled: number;
  isOver: boolean;
  readonly failed: JobResult[number][];
  /** Why it waits, as it was emitted last; and when that is looked into again. */
  reason: string | undefined;
  whyAt: number;
  resolve(result: JobResult): void;
  reject(error: unknown): void;
}

/** AWS Batch describes so many jobs at once. */
const PAGE = 100;
/** How many children of wide arrays are looked at in one round. */
const CHILDREN = 200;
const AT_ONCE = 8;
/** CloudWatch answers some ten requests for a log a second, to all who ask. */
const READS = 10;
const WAIT_OF_MANY_MILLISECONDS = 1_000;
const SHORTEST_MILLISECONDS = 250;
const LONGEST_MILLISECONDS = 5_000;
const LONGEST_BACKOFF_MILLISECONDS = 30_000;
/** How long Batch may fail to say how jobs stand, while they may well run on, before their run has failed. */
const PATIENCE_MILLISECONDS = 10 * 60_000;
/** A job that waits so long is looked into. */
const WAITING_MILLISECONDS = 30_000;
/** What was submitted just now may not be known everywhere yet. */
const MISSES = 20;

/** Submits the jobs of one run and watches them all together; what becomes of each is emitted as it goes on. */
export class JobWatcher {
  readonly #options: WatcherOptions;
  readonly #batch: WatchedBatch;
  readonly #events: JobEvents;
  readonly #open = new Set<Open>();
  readonly #patience: Patience;
  /** What must be over before this is. */
  readonly #ending = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #wait = SHORTEST_MILLISECONDS;
  /** Logs of running jobs that were looked at in this round. */
  #reads = 0;
  #isClosed = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#batch = options.batch;
    this.#events = new JobEvents(options);
    this.#patience = new Patience("AWS Batch", options.patienceMilliseconds ?? PATIENCE_MILLISECONDS);
  }

  /** Resolves once every task of the job has ended; where `signal` fires the job is terminated and this rejects. */
  async run(job: StateJob, signal: AbortSignal): Promise<JobResult> {
    signal.throwIfAborted();
    const id = await this.#kept(this.#submit(job));
    if (signal.aborted || this.#isClosed) {
      this.#terminate(id);
      throw signal.reason ?? new Error("the run has ended");
    }
    return new Promise((resolve, reject) => {
      const abort = () => this.#cancel(open, signal.reason);
      const forget = () => signal.removeEventListener("abort", abort);
      const open = openOf(id, job, {
        resolve: (result) => (forget(), resolve(result)),
        reject: (error) => (forget(), reject(error as Error)),
      });
      signal.addEventListener("abort", abort, { once: true });
      this.#open.add(open);
      this.#events.status({ id, job }, "SUBMITTED");
      this.#lookSoon();
    });
  }

  async #submit(job: StateJob): Promise<string> {
    try {
      return await this.#batch.submit(submitRequest(job.parameters));
    } catch (thrown) {
      throw serviceFailure("Batch", thrown, ["account.busy"]);
    }
  }

  /** Terminates what is open; resolves once Batch has been asked. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const open of this.#open) this.#cancel(open, new Error("the run has ended"));
    while (this.#ending.size > 0) await Promise.allSettled(this.#ending);
    await this.#looking;
    this.#batch.close();
    this.#options.logs.close();
  }

  /** Holds `close` until it is settled. */
  #kept<T>(promise: Promise<T>): Promise<T> {
    this.#ending.add(promise);
    const forget = () => void this.#ending.delete(promise);
    promise.then(forget, forget);
    return promise;
  }

  #cancel(open: Open, reason: unknown): void {
    if (!this.#open.delete(open)) return;
    for (const polled of open.job.isArray ? open.children : [open.own]) {
      const { begun, ended } = polled.emitted;
      if (begun === ended) continue;
      this.#events.end(polled, begun, { status: "stopped", seconds: 0 });
    }
    this.#terminate(open.id);
    open.reject(reason);
  }

  #terminate(id: string): void {
    // One that can't be asked ends by itself once it hears that the run is over.
    void this.#kept(this.#batch.terminate(id, "the run has ended").catch(() => {}));
  }

  // ---- looking

  #lookSoon(): void {
    this.#wait = SHORTEST_MILLISECONDS;
    clearTimeout(this.#timer);
    if (!this.#looking) this.#lookLater();
  }

  #lookLater(): void {
    if (this.#isClosed || this.#open.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        this.#lookLater();
      });
    }, this.#wait);
  }

  /** Seldom while nothing changes; and seldomer where Batch is busy or out of reach, which passes. */
  async #look(): Promise<void> {
    try {
      this.#wait = Math.min(this.#wait * 1.25, LONGEST_MILLISECONDS);
      this.#reads = 0;
      const due = this.#due();
      for (let from = 0; from < due.length; from += PAGE) await this.#lookAt(due.slice(from, from + PAGE));
      await this.#lookWhy();
      this.#patience.renew();
      if (this.#reads >= READS) this.#wait = Math.max(this.#wait, WAIT_OF_MANY_MILLISECONDS);
    } catch (error) {
      const end = isTemporary(error) ? this.#patience.exhausted(error) : error;
      if (end !== undefined) for (const open of this.#open) this.#cancel(open, end);
      this.#wait = Math.min(this.#wait * 2, LONGEST_BACKOFF_MILLISECONDS);
    }
  }

  /** Every job, and of arrays those children of which there may be news. */
  #due(): [Open, PolledJob][] {
    const jobs: [Open, PolledJob][] = [];
    const children: [Open, PolledJob][] = [];
    for (const open of this.#open) {
      if (!open.isOver) jobs.push([open, open.own]);
      if (!open.isOver && open.begun === open.settled) continue;
      for (const child of [...open.children].slice(0, Math.max(0, CHILDREN - children.length))) {
        // In turn: whoever was looked at comes last.
        open.children.delete(child);
        open.children.add(child);
        children.push([open, child]);
      }
    }
    return [...jobs, ...children];
  }

  async #lookAt(page: readonly [Open, PolledJob][]): Promise<void> {
    const described = await this.#batch.describeJobs(page.map(([, { id }]) => id));
    const byId = new Map(described.map((job) => [job.jobId, job]));
    await concurrently(AT_ONCE, page, async ([open, polled]) => {
      if (this.#open.has(open)) await this.#observe(open, polled, byId.get(polled.id));
    });
  }

  async #observe(open: Open, polled: PolledJob, job: DescribedJob | undefined): Promise<void> {
    if (!job) {
      if (++polled.missed < MISSES) return;
      const error = { name: "JobLost", message: `AWS Batch knows nothing of the job ${polled.id}` };
      this.#events.end(polled, 1, { status: "failed", seconds: 0, error });
      return this.#settle(open, polled, { failed: { index: polled.index, attempt: 1, error } });
    }
    const changes = progressOf(polled.emitted, job);
    if (changes.length > 0) this.#wait = SHORTEST_MILLISECONDS;
    if (open.job.isArray && polled === open.own) return this.#observeArray(open, job, changes);
    for (const change of changes) {
      const end = await this.#events.change(polled, job, change);
      polled.emitted = emittedAfter(polled.emitted, [change]);
      if (!this.#open.has(open)) return;
      if (end) return this.#settle(open, polled, end);
    }
    if (job.status === "RUNNING" && this.#reads < READS) {
      this.#reads++;
      // In turn, as with children.
      if (this.#open.delete(open)) this.#open.add(open);
      await this.#events.log(polled, job, { attempt: polled.emitted.begun });
    }
    if (job.status === "RUNNABLE" && job.statusReason && open.reason === undefined) open.whyAt = Date.now();
  }

  #observeArray(open: Open, job: DescribedJob, changes: readonly JobChange[]): void {
    const statuses = changes.filter((one) => one.type === "status");
    for (const { status } of statuses) this.#events.status(open, status);
    open.own.emitted = emittedAfter(open.own.emitted, statuses);
    const begun = childrenBegun(job);
    if (begun !== open.begun) this.#wait = SHORTEST_MILLISECONDS;
    open.begun = begun;
    open.isOver = job.status === "SUCCEEDED" || job.status === "FAILED";
    this.#resolveWhereDone(open);
  }

  /** Emits why a job waits, once it has waited for long or Batch says something; of many, of one at a time. */
  async #lookWhy(): Promise<void> {
    const now = Date.now();
    const isDue = ({ begun, own, whyAt }: Open) => begun === 0 && own.emitted.begun === 0 && whyAt <= now;
    const open = [...this.#open].find(isDue);
    if (!open) return;
    open.whyAt = now + 2 * WAITING_MILLISECONDS;
    try {
      const [job] = await this.#batch.describeJobs([open.job.isArray ? `${open.id}:0` : open.id]);
      if (!job?.jobQueue) return;
      const why = whyWaiting(job, await this.#batch.describeQueues([job.jobQueue]));
      const reason = why && troubleError(why).message.replaceAll("\n", " ");
      if (reason === undefined || reason === open.reason || !this.#open.has(open)) return;
      open.reason = reason;
      this.#events.status(open, job.status as JobStatus["status"], reason);
    } catch (error) {
      // Whoever may not look at queues hears no reason.
      if (!(error instanceof MillraceError) && !isServiceError(error)) throw error;
    }
  }

  // ---- settling

  #settle(open: Open, polled: PolledJob, { failed }: JobTaskEnd): void {
    if (failed) open.failed.push(failed);
    open.settled++;
    if (open.job.isArray) open.children.delete(polled);
    else open.isOver = true;
    this.#resolveWhereDone(open);
  }

  #resolveWhereDone(open: Open): void {
    if (!open.isOver || open.settled < open.job.size) return;
    this.#open.delete(open);
    open.resolve(open.failed);
  }
}

function openOf(id: string, job: StateJob, settle: Pick<Open, "resolve" | "reject">): Open {
  const { step, place, isArray, size } = job;
  const polled = (id: string, index: string, isChild: boolean): PolledJob => ({
    id,
    step,
    index,
    isChild,
    emitted: { ...NOTHING_EMITTED, status: "SUBMITTED" },
    log: undefined,
    missed: 0,
  });
  const child = (_: unknown, at: number) => polled(`${id}:${at}`, job.index(at), true);
  return {
    id,
    job,
    own: polled(id, place, false),
    children: new Set(Array.from({ length: isArray ? size : 0 }, child)),
    begun: 0,
    settled: 0,
    isOver: false,
    failed: [],
    reason: undefined,
    whyAt: Date.now() + WAITING_MILLISECONDS,
    ...settle,
  };
}
