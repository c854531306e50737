import type { BatchAttempt, BatchExit, BatchJob } from "../../aws/batch/job.ts";
import type { JobStatus } from "../events.ts";

/** A job as AWS Batch describes it, as far as a run looks at it. Source: AWS Batch API reference, "JobDetail". */
export interface DescribedJob extends BatchJob {
  readonly arrayProperties?:
    | { readonly statusSummary?: Readonly<Record<string, number>> | undefined; readonly size?: number | undefined }
    | undefined;
  readonly container?: (NonNullable<BatchJob["container"]> & Streamed & Logged) | undefined;
  readonly attempts?: readonly DescribedAttempt[] | undefined;
}

interface DescribedAttempt extends BatchAttempt {
  readonly startedAt?: number | undefined;
  readonly stoppedAt?: number | undefined;
  readonly container?: (BatchExit & Streamed) | undefined;
}

interface Streamed {
  readonly logStreamName?: string | undefined;
}

interface Logged {
  readonly logConfiguration?: { readonly options?: Readonly<Record<string, string>> | undefined } | undefined;
}

/** What was told of a job so far. */
export interface Told {
  readonly status: JobStatus["status"] | undefined;
  /** How many attempts have begun, and how many have ended. */
  readonly begun: number;
  readonly ended: number;
}

export const NOTHING_TOLD: Told = { status: undefined, begun: 0, ended: 0 };

/** What has happened since then, in its order; attempts count from 1. */
export type Happening =
  | { readonly type: "status"; readonly status: JobStatus["status"] }
  | { readonly type: "begun"; readonly attempt: number }
  | { readonly type: "ended"; readonly attempt: number; readonly isLast: boolean }
  /** The job is over; also one of which no attempt ever began. */
  | { readonly type: "over"; readonly succeeded: boolean };

export function progressOf(told: Told, job: DescribedJob): Happening[] {
  const happenings: Happening[] = [];
  const status = job.status as JobStatus["status"];
  if (status !== told.status) happenings.push({ type: "status", status });
  const isOver = status === "SUCCEEDED" || status === "FAILED";
  const ended = attemptsEnded(job);
  let { begun } = told;
  for (let attempt = told.ended + 1; attempt <= ended; attempt++) {
    if (attempt > begun) happenings.push({ type: "begun", attempt: (begun = attempt) });
    happenings.push({ type: "ended", attempt, isLast: isOver && attempt === ended });
  }
  if (status === "RUNNING" && begun === ended) happenings.push({ type: "begun", attempt: ended + 1 });
  if (isOver) happenings.push({ type: "over", succeeded: status === "SUCCEEDED" });
  return happenings;
}

/** What is told once these have been told too. */
export function toldOf(told: Told, happenings: readonly Happening[]): Told {
  return happenings.reduce<Told>((before, one) => {
    if (one.type === "status") return { ...before, status: one.status };
    if (one.type === "begun") return { ...before, begun: one.attempt };
    return one.type === "ended" ? { ...before, ended: one.attempt } : before;
  }, told);
}

function attemptsEnded({ attempts = [] }: DescribedJob): number {
  return attempts.filter(({ stoppedAt }) => stoppedAt !== undefined).length;
}

/** How long an attempt took, where Batch knows. */
export function attemptSeconds({ attempts = [] }: DescribedJob, attempt: number): number {
  const { startedAt, stoppedAt } = attempts[attempt - 1] ?? {};
  return startedAt === undefined || stoppedAt === undefined ? 0 : Math.max(0, stoppedAt - startedAt) / 1000;
}

/** Where AWS Batch puts the output of jobs whose definition says nothing else. Source: AWS Batch user guide, "awslogs". */
const LOG_GROUP = "/aws/batch/job";

/** Where an attempt's output is; undefined while it has none. */
export function logOf(
  { attempts = [], container }: DescribedJob,
  attempt: number,
): { readonly group: string; readonly stream: string } | undefined {
  const ended = attempts[attempt - 1]?.container?.logStreamName;
  const stream = ended ?? (attempt > attempts.length ? container?.logStreamName : undefined);
  const group = container?.logConfiguration?.options?.["awslogs-group"] ?? LOG_GROUP;
  return stream === undefined ? undefined : { group, stream };
}

/** How many of an array's children have come as far as to run. */
export function childrenBegun({ arrayProperties }: DescribedJob): number {
  const { STARTING = 0, RUNNING = 0, SUCCEEDED = 0, FAILED = 0 } = arrayProperties?.statusSummary ?? {};
  return STARTING + RUNNING + SUCCEEDED + FAILED;
}
