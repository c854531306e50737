import type { DescribedJob } from "../../aws/batch/described-job.ts";
import type { JobStatus } from "../../engine/events.ts";

/** What was emitted of a job so far. */
export interface Emitted {
  readonly status: JobStatus["status"] | undefined;
  /** How many attempts have begun, and how many have ended. */
  readonly begun: number;
  readonly ended: number;
}

export const NOTHING_EMITTED: Emitted = { status: undefined, begun: 0, ended: 0 };

/** What has happened since then, in its order; attempts count from 1. */
export type JobChange =
  | { readonly type: "status"; readonly status: JobStatus["status"] }
  | { readonly type: "begun"; readonly attempt: number }
  | { readonly type: "ended"; readonly attempt: number; readonly isLast: boolean }
  /** The job is over; also one of which no attempt ever began. */
  | { readonly type: "over"; readonly succeeded: boolean };

export function progressOf(emitted: Emitted, job: DescribedJob): JobChange[] {
  const changes: JobChange[] = [];
  const status = job.status as JobStatus["status"];
  if (status !== emitted.status) changes.push({ type: "status", status });
  const isOver = status === "SUCCEEDED" || status === "FAILED";
  const ended = attemptsEnded(job);
  let { begun } = emitted;
  for (let attempt = emitted.ended + 1; attempt <= ended; attempt++) {
    if (attempt > begun) changes.push({ type: "begun", attempt: (begun = attempt) });
    changes.push({ type: "ended", attempt, isLast: isOver && attempt === ended });
  }
  if (status === "RUNNING" && begun === ended) changes.push({ type: "begun", attempt: ended + 1 });
  if (isOver) changes.push({ type: "over", succeeded: status === "SUCCEEDED" });
  return changes;
}

/** What was emitted once these have been too. */
export function emittedAfter(emitted: Emitted, changes: readonly JobChange[]): Emitted {
  return changes.reduce<Emitted>((before, one) => {
    if (one.type === "status") return { ...before, status: one.status };
    if (one.type === "begun") return { ...before, begun: one.attempt };
    return one.type === "ended" ? { ...before, ended: one.attempt } : before;
  }, emitted);
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
