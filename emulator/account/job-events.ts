import { troubleError } from "../../aws/batch/job.ts";
import { whyEnded } from "../../aws/batch/why-ended.ts";
import type { Attempt } from "../../store/ledger/ledger.ts";
import type { TaskError } from "../../graph/task-error.ts";
import type { TaskKey } from "../../graph/task-key.ts";
import type { JobStatus, TaskFinished } from "../../engine/events.ts";
import type { JobResult, StateJob } from "../../engine/job.ts";
import type { TaskEvent } from "../../engine/world.ts";
import type { DescribedJob } from "../../aws/batch/described-job.ts";
import { JobLog, type LogTails } from "../../aws/logs/job-log.ts";
import { attemptSeconds, logOf, type Emitted, type JobChange } from "./job-progress.ts";

export interface JobEventsOptions {
  readonly logs: LogTails;
  readonly emit: (event: TaskEvent) => void;
  /** What the tasks themselves have reported. */
  readonly readAttempts: (task: TaskKey) => Promise<readonly Attempt[]>;
  /** Whether a failure of the step's may be caught: then success is not taken for granted. */
  readonly isCaught: (step: string) => boolean;
}

/** What Batch is asked about: a job, or an array's child. */
export interface PolledJob {
  readonly id: string;
  readonly step: string;
  readonly index: string;
  /** A child's statuses are not emitted: there may be thousands. */
  readonly isChild: boolean;
  emitted: Emitted;
  log: JobLog | undefined;
  missed: number;
}

/** What became of a task; `failed` where it fails its job. */
export interface JobTaskEnd {
  readonly failed?: JobResult[number];
}

/** Emits of the tasks that Batch carries out what is emitted of those that this machine does. */
export class JobEvents {
  readonly #options: JobEventsOptions;

  constructor(options: JobEventsOptions) {
    this.#options = options;
  }

  status(
    { id, job: { step, place: index, isArray, size } }: { readonly id: string; readonly job: StateJob },
    status: JobStatus["status"],
    reason?: string,
  ): void {
    const more = { ...(isArray && { size }), ...(reason !== undefined && { reason }) };
    this.#options.emit({ type: "job.status", step, index, job: id, status, ...more });
  }

  /** Answers the task's end, once the job is over. */
  async change(polled: PolledJob, job: DescribedJob, change: JobChange): Promise<JobTaskEnd | undefined> {
    const { id, step, index } = polled;
    switch (change.type) {
      case "status":
        if (!polled.isChild) this.#options.emit({ type: "job.status", step, index, job: id, status: change.status });
        return undefined;
      case "begun":
        polled.log = undefined;
        this.#options.emit({ type: "task.started", step, index, attempt: change.attempt, job: id });
        return undefined;
      case "ended": {
        const { attempt } = change;
        await this.log(polled, job, { attempt, hasEnded: true });
        if (change.isLast) return undefined;
        const { error } = await this.#errorOf(polled, job, attempt);
        const seconds = attemptSeconds(job, attempt);
        this.end(polled, attempt, { status: "failed", seconds, error, retryInSeconds: 0 });
        return undefined;
      }
      case "over":
        return this.#over(polled, job, change.succeeded);
    }
  }

  async #over(polled: PolledJob, job: DescribedJob, succeeded: boolean): Promise<JobTaskEnd> {
    const attempt = Math.max(1, polled.emitted.begun, job.attempts?.length ?? 0);
    const seconds = attemptSeconds(job, attempt);
    if (succeeded && !this.#options.isCaught(polled.step)) {
      this.end(polled, attempt, { status: "succeeded", seconds });
      return {};
    }
    const { error, caught, ledgerAttempt } = await this.#errorOf(polled, job, attempt);
    if (succeeded && !caught) {
      this.end(polled, attempt, { status: "succeeded", seconds });
      return {};
    }
    this.end(polled, attempt, { status: "failed", seconds, error, ...(caught && { caught }) });
    if (succeeded) return {};
    return { failed: { index: polled.index, attempt: ledgerAttempt, error } };
  }

  /** What the task said of itself is worth more than what Batch says of its job, unless it knows only that it was asked to end. */
  async #errorOf(
    { id, step, index }: PolledJob,
    job: DescribedJob,
    attempt: number,
  ): Promise<{ readonly error: TaskError; readonly caught: boolean; readonly ledgerAttempt: number }> {
    const attempts = await this.#options.readAttempts({ step, index }).catch(() => []);
    const own = attempts.find(({ by }) => by === `${id}#${attempt}`);
    const newest = attempts.at(-1);
    const caught = newest?.caught === true;
    const why = whyEnded(job, job.attempts?.[attempt - 1] ? attempt : undefined);
    const said = own?.error ?? (caught ? newest?.error : undefined);
    const isGuess = said !== undefined && why !== undefined && /^(Superseded|Interrupted)$/.test(said.name);
    const batchSays = why ? troubleError(why) : { name: "JobFailed", message: job.statusReason ?? "the job failed" };
    return { error: said && !isGuess ? said : batchSays, caught, ledgerAttempt: own?.attempt ?? attempt };
  }

  end(
    { id, step, index }: PolledJob,
    attempt: number,
    { status, ...more }: Pick<TaskFinished, "status" | "seconds" | "error" | "retryInSeconds" | "caught">,
  ): void {
    this.#options.emit({ type: "task.finished", step, index, attempt, job: id, status, ...more });
  }

  /** Emits what the attempt has printed since the last time; once it has ended, all of it. */
  async log(
    polled: PolledJob,
    job: DescribedJob,
    { attempt, hasEnded = false }: { readonly attempt: number; readonly hasEnded?: boolean },
  ): Promise<void> {
    const at = logOf(job, attempt);
    if (!at) return;
    if (polled.log?.stream !== at.stream) polled.log = new JobLog(this.#options.logs, at);
    const { id, step, index } = polled;
    const print = (text: string) => this.#options.emit({ type: "task.output", step, index, attempt, job: id, text });
    await polled.log.follow(print, hasEnded);
  }
}
