import type { TaskError } from "../ledger/ledger.ts";
import { troubleError, type BatchJob } from "./job.ts";
import { whyEnded } from "./why-ended.ts";

/**
 * The job that a state's failure tells of: Step Functions gives the whole of its description as JSON, its names begun
 * with capitals. Undefined for other failures.
 */
export function jobOfCause(cause: string): BatchJob | undefined {
  try {
    const found = lowerCased(JSON.parse(cause)) as BatchJob | null;
    return typeof found?.jobId === "string" && typeof found.status === "string" ? found : undefined;
  } catch {
    return undefined;
  }
}

/** A state's failure as a person is told it. */
export function errorOfCause(error: string, cause: string): TaskError {
  const job = jobOfCause(cause);
  const why = job && whyEnded(job);
  if (why) return troubleError(why);
  return { name: error, message: job ? `job ${job.jobName}: ${job.statusReason}` : cause.slice(0, 4000) };
}

function lowerCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name.slice(0, 1).toLowerCase() + name.slice(1), lowerCased(one)]),
  );
}
