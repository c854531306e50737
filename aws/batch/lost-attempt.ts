import type { Attempt, Ledger } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { TaskError } from "../../graph/task-error.ts";
import type { BatchJobs } from "./describe.ts";
import { parseJobAttempt } from "./job-attempt.ts";
import { troubleError, type BatchJob } from "./job.ts";
import { isReclaim, whyEnded } from "./why-ended.ts";

/** Whether an attempt was ended by no fault of its own: its machine was taken back, or its container was asked to end. */
export function isInterruption(error: TaskError | undefined): boolean {
  return error !== undefined && (isReclaim(error) || error.name === "Interrupted");
}

/** Why an attempt that has not reported is over, as its job's description tells; undefined where it may not be. */
function endedError(job: BatchJob | undefined, number: number): TaskError | undefined {
  const why = job && whyEnded(job, number);
  return why && troubleError(why);
}

/** What Batch says of an attempt that only knew that it was asked to end; undefined for others, and where Batch says nothing. */
export async function interruptionOf(
  jobs: BatchJobs | undefined,
  { by, error }: Pick<Attempt, "by" | "error">,
): Promise<TaskError | undefined> {
  const asked = isInterruption(error) ? parseJobAttempt(by) : undefined;
  const [job] = asked && jobs ? await jobs.describe([asked.jobId]) : [];
  const why = job && (whyEnded(job) ?? whyEnded(job, asked!.number));
  return why && troubleError(why);
}

/** The error of an attempt that is known to be over and has not reported. */
export async function lostError(jobs: BatchJobs | undefined, by: string): Promise<TaskError> {
  const asked = parseJobAttempt(by);
  const [job] = asked && jobs ? await jobs.describe([asked.jobId]) : [];
  return (
    endedError(job, asked?.number ?? 1) ?? {
      name: "ContainerDied",
      message: "its container ended and said nothing",
    }
  );
}

/** Ends those of the attempts that seem to run although, as Batch knows, their container is gone. */
export async function endLostAttempts(
  { ledger, jobs, now }: { readonly ledger: Ledger; readonly jobs?: BatchJobs; readonly now: () => number },
  run: RunKey,
  attempts: readonly Attempt[],
): Promise<void> {
  const running = attempts.flatMap((attempt) => {
    const job = attempt.status === "running" ? parseJobAttempt(attempt.by) : undefined;
    return job ? [{ attempt, job }] : [];
  });
  if (!jobs || running.length === 0) return;
  const described = new Map((await jobs.describe(running.map(({ job }) => job.jobId))).map((job) => [job.jobId, job]));
  const ends = running.flatMap(({ attempt: { step, index, attempt }, job: { jobId, number } }) => {
    const error = endedError(described.get(jobId), number);
    return error ? [{ step, index, attempt, status: "failed" as const, error, at: now() }] : [];
  });
  await ledger.finishAttempts(run, ends);
}
