import { MillraceError } from "../graph/errors.ts";
import type { StepOptions } from "../graph/graph.ts";
import { attemptsOf, containerWaitSeconds, jobAttemptsOf } from "../statemachines/contract/retries.ts";
import type { BatchJobs } from "../aws/batch/describe.ts";
import { parseJobAttempt } from "../aws/batch/job-attempt.ts";
import { isInterruption, lostError } from "../aws/batch/lost-attempt.ts";
import type { Attempt, Ledger } from "../store/ledger/ledger.ts";
import type { RunKey } from "../graph/run-name.ts";
import type { TaskKey } from "../graph/task-key.ts";

/** How an attempt of a job stands among those that the step may have. */
export interface JobTry {
  /** No further one follows: whatever this one comes to is the task's end. */
  readonly last: boolean;
  /** What is left of the wait before a retry. */
  readonly waitSeconds: number;
}

/**
 * Looks at what became of the attempts of the same job before this one. One that died without a word is ended with what
 * Batch says of it. Those whose machine was taken back cost none of the step's own tries. Undefined where no job runs it.
 * Throws MillraceError `attempt.refused` where the step has used up its own.
 */
export async function nextTry(
  { ledger, jobs, now }: { readonly ledger: Ledger; readonly jobs?: BatchJobs; readonly now: () => number },
  run: RunKey,
  { step, index, by, options }: TaskKey & { readonly by: string; readonly options: StepOptions },
): Promise<JobTry | undefined> {
  const job = options.compute === "lambda" ? undefined : parseJobAttempt(by);
  if (!job) return undefined;
  const own = attemptsOf(options);
  const isJobsLast = job.number >= jobAttemptsOf(options);
  if (job.number === 1) return { last: own === 1, waitSeconds: 0 };

  const earlier = (await ledger.listAttempts(run, { step, index })).filter(
    (attempt) => attempt.by !== by && parseJobAttempt(attempt.by)?.jobId === job.jobId,
  );
  // It had finished, and only its container's end was not heard of.
  if (earlier.some(({ status, caught }) => status === "succeeded" || caught)) return undefined;
  const ended = await Promise.all(earlier.map((attempt) => ending(attempt)));
  const used = ended.filter((one) => one.status === "failed" && !isInterruption(one.error)).length;
  if (used >= own)
    throw new MillraceError(
      "attempt.refused",
      `the step has used up its ${own === 1 ? "one attempt" : `${own} attempts`}`,
      {
        where: { flow: run.flow, step },
      },
    );
  const newest = ended.at(-1);
  const hasFailed = newest?.status === "failed" && !isInterruption(newest.error);
  const sinceSeconds = (now() - (newest?.finishedAt ?? now())) / 1000;
  return {
    last: isJobsLast || used + 1 >= own,
    waitSeconds: hasFailed ? containerWaitSeconds(options, used, sinceSeconds) : 0,
  };

  async function ending(attempt: Attempt): Promise<Pick<Attempt, "status" | "error" | "finishedAt">> {
    if (attempt.status !== "running") return attempt;
    const error = await lostError(jobs, attempt.by);
    const end = { status: "failed", error, at: now() } as const;
    await ledger.finishAttempts(run, [{ step, index, attempt: attempt.attempt, ...end }]);
    return { ...end, finishedAt: end.at };
  }
}
