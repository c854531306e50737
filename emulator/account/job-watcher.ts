import { troubleError, type BatchEnvironment, type BatchQueue } from "../../aws/batch/job.ts";
import { whyWaiting } from "../../aws/batch/why-waiting.ts";
import { MillraceError } from "../../graph/errors.ts";
import type { JsonObject } from "../../graph/graph.ts";
import type { JobStatus } from "../events.ts";
import type { JobResult } from "../open-jobs.ts";
import { JobTeller, type SubmittedJob, type TaskEnd, type TellerOptions, type Watched } from "./job-teller.ts";
import { childrenBegun, NOTHING_TOLD, progressOf, toldOf, type DescribedJob, type Happening } from "./job-progress.ts";

/** What AWS Batch is asked. */
export interface BatchJobs {
  /** Throws TaskFailure for what the machine may try again. */
  submit(parameters: JsonObject): Promise<string>;
  /** Of up to 100 jobs; an array's child is `ID:POSITION`. */
  describe(jobs: readonly string[]): Promise<readonly DescribedJob[]>;
  terminate(job: string, reason: string): Promise<void>;
  describeQueue(
    queue: string,
  ): Promise<{ readonly queues: readonly BatchQueue[]; readonly environments: readonly BatchEnvironment[] }>;
  close(): void;
}

export interface WatcherOptions extends TellerOptions {
  readonly batch: BatchJobs;
}

/** A job that the machine waits for, and how many of its tasks have ended. */
interface Open {
  readonly id: string;
  readonly job: SubmittedJob;
  readonly own: Watched;
  /** Those of an array's children that have not ended. */
  readonly children: Set<Watched>;
  /** Children that have come as far as to run, by Batch's own count. */
  begun: number;
  settled: number;
  isOver: boolean;
  readonly failed: JobResult[number][];
  /** Why it waits, as it was told last; and when that is looked into again. */
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
/** A job that waits so long is looked into. */
const WAITING_MILLISECONDS = 30_000;
/** What was submitted just now may not be known everywhere yet. */
const MISSES = 20;

/** Submits the jobs of one run and watches them all together; what becomes of each is told as it goes on. */
export class JobWatcher {
  readonly counts = { succeeded: 0, failed: 0, stopped: 0 };
  readonly #options: WatcherOptions;
  readonly #batch: BatchJobs;
  readonly #teller: JobTeller;
  readonly #open = new Set<Open>();
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
    this.#teller = new JobTeller(options);
  }

  /** Resolves once every task of the job has ended; where `signal` fires the job is terminated and this rejects. */
  async run(job: SubmittedJob, signal: AbortSignal): Promise<JobResult> {
    signal.throwIfAborted();
    const id = await this.#kept(this.#batch.submit(job.parameters));
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
      this.#teller.status(id, job, "SUBMITTED");
      this.#lookSoon();
    });
  }

  /** Terminates what is open; resolves once Batch has been told. */
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
    for (const watched of open.job.array ? open.children : [open.own]) {
      const { begun, ended } = watched.told;
      if (begun === ended) continue;
      this.counts.stopped++;
      this.#teller.end(watched, begun, "stopped", { seconds: 0 });
    }
    this.#terminate(open.id);
    open.reject(reason);
  }

  #terminate(id: string): void {
    // One that can't be told ends by itself once it hears that the run is over.
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
      if (this.#reads >= READS) this.#wait = Math.max(this.#wait, WAIT_OF_MANY_MILLISECONDS);
    } catch (error) {
      if (error instanceof MillraceError && error.code !== "account.busy" && error.code !== "account.unreachable")
        for (const open of this.#open) this.#cancel(open, error);
      this.#wait = Math.min(this.#wait * 2, LONGEST_BACKOFF_MILLISECONDS);
    }
  }

  /** Every job, and of arrays those children of which there may be news. */
  #due(): [Open, Watched][] {
    const jobs: [Open, Watched][] = [];
    const children: [Open, Watched][] = [];
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

  async #lookAt(page: readonly [Open, Watched][]): Promise<void> {
    const described = await this.#batch.describe(page.map(([, { id }]) => id));
    const byId = new Map(described.map((job) => [job.jobId, job]));
    let next = 0;
    const work = async () => {
      for (let at = next++; at < page.length; at = next++) {
        const [open, watched] = page[at]!;
        if (this.#open.has(open)) await this.#observe(open, watched, byId.get(watched.id));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  async #observe(open: Open, watched: Watched, job: DescribedJob | undefined): Promise<void> {
    if (!job) {
      if (++watched.missed < MISSES) return;
      const error = { name: "JobLost", message: `AWS Batch knows nothing of the job ${watched.id}` };
      return this.#settle(open, watched, { status: "failed", failed: { index: watched.index, attempt: 1, error } });
    }
    const happenings = progressOf(watched.told, job);
    if (happenings.length > 0) this.#wait = SHORTEST_MILLISECONDS;
    if (open.job.array && watched === open.own) return this.#observeArray(open, job, happenings);
    for (const happening of happenings) {
      const end = await this.#teller.happening(watched, job, happening);
      watched.told = toldOf(watched.told, [happening]);
      if (!this.#open.has(open)) return;
      if (end) return this.#settle(open, watched, end);
    }
    if (job.status === "RUNNING" && this.#reads < READS) {
      this.#reads++;
      // In turn, as with children.
      if (this.#open.delete(open)) this.#open.add(open);
      await this.#teller.log(watched, job, watched.told.begun);
    }
    if (job.status === "RUNNABLE" && job.statusReason && open.reason === undefined) open.whyAt = Date.now();
  }

  #observeArray(open: Open, job: DescribedJob, happenings: readonly Happening[]): void {
    const statuses = happenings.filter((one) => one.type === "status");
    for (const { status } of statuses) this.#teller.status(open.id, open.job, status);
    open.own.told = toldOf(open.own.told, statuses);
    const begun = childrenBegun(job);
    if (begun !== open.begun) this.#wait = SHORTEST_MILLISECONDS;
    open.begun = begun;
    open.isOver = job.status === "SUCCEEDED" || job.status === "FAILED";
    this.#resolveWhereDone(open);
  }

  /** Tells why a job waits, once it has waited for long or Batch says something; of many, of one at a time. */
  async #lookWhy(): Promise<void> {
    const now = Date.now();
    const isDue = ({ begun, own, whyAt }: Open) => begun === 0 && own.told.begun === 0 && whyAt <= now;
    const open = [...this.#open].find(isDue);
    if (!open) return;
    open.whyAt = now + 2 * WAITING_MILLISECONDS;
    try {
      const [job] = await this.#batch.describe([open.job.array ? `${open.id}:0` : open.id]);
      if (!job?.jobQueue) return;
      const { queues, environments } = await this.#batch.describeQueue(job.jobQueue);
      const why = whyWaiting(job, queues, environments);
      const reason = why && troubleError(why).message.replaceAll("\n", " ");
      if (reason === undefined || reason === open.reason || !this.#open.has(open)) return;
      open.reason = reason;
      this.#teller.status(open.id, open.job, job.status as JobStatus["status"], reason);
    } catch {
      // Whoever may not look at queues is told no reason.
    }
  }

  // ---- settling

  #settle(open: Open, watched: Watched, { status, failed }: TaskEnd): void {
    this.counts[status]++;
    if (failed) open.failed.push(failed);
    open.settled++;
    if (open.job.array) open.children.delete(watched);
    else open.isOver = true;
    this.#resolveWhereDone(open);
  }

  #resolveWhereDone(open: Open): void {
    if (!open.isOver || open.settled < (open.job.array?.size ?? 1)) return;
    this.#open.delete(open);
    open.resolve(open.failed);
  }
}

function openOf(id: string, job: SubmittedJob, settle: Pick<Open, "resolve" | "reject">): Open {
  const { step, array } = job;
  const watched = (id: string, index: string, isChild: boolean): Watched => ({
    id,
    step,
    index,
    isChild,
    told: { ...NOTHING_TOLD, status: "SUBMITTED" },
    log: undefined,
    missed: 0,
  });
  const child = (_: unknown, at: number) => watched(`${id}:${at}`, array!.index(at), true);
  return {
    id,
    job,
    own: watched(id, job.index, false),
    children: new Set(Array.from({ length: array?.size ?? 0 }, child)),
    begun: 0,
    settled: 0,
    isOver: false,
    failed: [],
    reason: undefined,
    whyAt: Date.now() + WAITING_MILLISECONDS,
    ...settle,
  };
}
