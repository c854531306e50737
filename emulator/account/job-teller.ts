import { troubleError } from "../../aws/batch/job.ts";
import { whyEnded } from "../../aws/batch/why-ended.ts";
import type { Attempt } from "../../store/ledger/ledger.ts";
import type { TaskError } from "../../graph/task-error.ts";
import type { TaskKey } from "../../graph/task-key.ts";
import type { JsonObject } from "../../graph/graph.ts";
import type { JobStatus, TaskFinished, TaskOutput, TaskStarted } from "../events.ts";
import type { JobResult } from "../open-jobs.ts";
import { JobLog, type LogTails } from "../../aws/logs/job-log.ts";
import { attemptSeconds, logOf, type DescribedJob, type Happening, type Told } from "./job-progress.ts";

type OfRun = "flow" | "run" | "at";
/** What happens to a task, but for the run that it is of and the time. */
export type TaskHappening =
  | Omit<TaskStarted, OfRun>
  | Omit<TaskOutput, OfRun>
  | Omit<TaskFinished, OfRun>
  | Omit<JobStatus, OfRun>;

export interface TellerOptions {
  readonly logs: LogTails;
  readonly tell: (event: TaskHappening) => void;
  /** What the tasks themselves have reported. */
  readonly readAttempts: (task: TaskKey) => Promise<readonly Attempt[]>;
  /** Whether a failure of the step's may be caught: then success is not taken for granted. */
  readonly isCaught: (step: string) => boolean;
}

/** A job that a state submits. */
export interface SubmittedJob {
  readonly parameters: JsonObject;
  readonly step: string;
  /** The task's index; of an array that of its foreach. */
  readonly index: string;
  readonly array?: { readonly size: number; index(position: number): string };
}

/** What Batch is asked about: a job, or an array's child. */
export interface Watched {
  readonly id: string;
  readonly step: string;
  readonly index: string;
  /** A child's statuses are not told: there may be thousands. */
  readonly isChild: boolean;
  told: Told;
  log: JobLog | undefined;
  missed: number;
}

/** What became of a task; `failed` where it fails its job. */
export interface TaskEnd {
  readonly status: "succeeded" | "failed";
  readonly failed?: JobResult[number];
}

/** Tells of the tasks that Batch carries out what is told of those that this machine does. */
export class JobTeller {
  readonly #options: TellerOptions;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  status(id: string, { step, index, array }: SubmittedJob, status: JobStatus["status"], reason?: string): void {
    const more = { ...(array && { size: array.size }), ...(reason !== undefined && { reason }) };
    this.#options.tell({ type: "job.status", step, index, job: id, status, ...more });
  }

  /** Answers the task's end, once the job is over. */
  async happening(watched: Watched, job: DescribedJob, happening: Happening): Promise<TaskEnd | undefined> {
    const { id, step, index } = watched;
    switch (happening.type) {
      case "status":
        if (!watched.isChild)
          this.#options.tell({ type: "job.status", step, index, job: id, status: happening.status });
        return undefined;
      case "begun":
        watched.log = undefined;
        this.#options.tell({ type: "task.started", step, index, attempt: happening.attempt, job: id });
        return undefined;
      case "ended": {
        const { attempt } = happening;
        await this.log(watched, job, attempt, true);
        if (happening.isLast) return undefined;
        const { error } = await this.#errorOf(watched, job, attempt);
        this.end(watched, attempt, "failed", { seconds: attemptSeconds(job, attempt), error, retryInSeconds: 0 });
        return undefined;
      }
      case "over":
        return this.#over(watched, job, happening.succeeded);
    }
  }

  async #over(watched: Watched, job: DescribedJob, succeeded: boolean): Promise<TaskEnd> {
    const attempt = Math.max(1, watched.told.begun, job.attempts?.length ?? 0);
    const seconds = attemptSeconds(job, attempt);
    if (succeeded && !this.#options.isCaught(watched.step)) {
      this.end(watched, attempt, "succeeded", { seconds });
      return { status: "succeeded" };
    }
    const { error, caught, ledgerAttempt } = await this.#errorOf(watched, job, attempt);
    if (succeeded && !caught) {
      this.end(watched, attempt, "succeeded", { seconds });
      return { status: "succeeded" };
    }
    this.end(watched, attempt, "failed", { seconds, error, ...(caught && { caught }) });
    if (succeeded) return { status: "failed" };
    return { status: "failed", failed: { index: watched.index, attempt: ledgerAttempt, error } };
  }

  /** What the task said of itself is worth more than what Batch says of its job, unless it knows only that it was told to end. */
  async #errorOf(
    { id, step, index }: Watched,
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
    { id, step, index }: Watched,
    attempt: number,
    status: TaskFinished["status"],
    more: Pick<TaskFinished, "seconds" | "error" | "retryInSeconds" | "caught">,
  ): void {
    this.#options.tell({ type: "task.finished", step, index, attempt, job: id, status, ...more });
  }

  /** Tells what the attempt has printed since the last time; once it has ended, all of it. */
  async log(watched: Watched, job: DescribedJob, attempt: number, hasEnded = false): Promise<void> {
    const at = logOf(job, attempt);
    if (!at) return;
    if (watched.log?.stream !== at.stream) watched.log = new JobLog(this.#options.logs, at);
    const { id, step, index } = watched;
    const tell = (text: string) => this.#options.tell({ type: "task.output", step, index, attempt, job: id, text });
    await watched.log.follow(tell, hasEnded);
  }
}
