import type { TaskError } from "../../graph/task-error.ts";
import type { BatchJobs } from "./describe.ts";
import { troubleError, type BatchJob, type Trouble } from "./job.ts";
import { whyEnded } from "./why-ended.ts";

/**
 * The job that a state's failure tells of: Step Functions gives the whole of its description as JSON, its names begun
 * with capitals. Undefined for other failures.
 */
export function jobOfCause(cause: string): BatchJob | undefined {
  try {
    const found = lowerCased(JSON.parse(cause)) as BatchJob | null;
    return typeof found?.jobName === "string" ? { status: "FAILED", ...found } : undefined;
  } catch {
    return undefined;
  }
}

/** A state's failure as it is said to a person. Of an array's job that is what became of one of its children. */
export async function errorOfCause(
  error: string,
  cause: string,
  jobs?: Pick<BatchJobs, "failedChild">,
): Promise<TaskError> {
  const described = jobOfCause(cause);
  if (!described && error.startsWith("Batch."))
    return troubleError(whyRefused(error, cause.slice(0, MESSAGE_CHARACTERS)));
  if (error === "States.Timeout") return troubleError(NEVER_ENDED);
  const thrown = described ? undefined : errorOfFunction(cause);
  if (thrown) return thrown;
  if (!described) return { name: error, message: cause.slice(0, MESSAGE_CHARACTERS) };
  const isArray = described.arrayProperties?.size !== undefined && described.jobId !== undefined;
  const child = isArray ? await jobs?.failedChild(described.jobId!) : undefined;
  const job = child ?? described;
  const why = whyEnded(job);
  const place = child?.arrayProperties?.index === undefined ? "" : `, child ${child.arrayProperties.index}`;
  const message = why ? troubleError(why).message : (job.statusReason ?? "it failed");
  return { name: why?.name ?? error, message: `job ${described.jobName}${place}: ${message}` };
}

/**
 * What a function of Lambda threw, or how its process ended: the JSON that the service answers. Undefined for other failures.
 * Source: Lambda developer guide, "Node.js function errors".
 */
function errorOfFunction(cause: string): TaskError | undefined {
  let answer: { readonly errorType?: unknown; readonly errorMessage?: unknown };
  try {
    answer = (JSON.parse(cause) ?? {}) as typeof answer;
  } catch {
    return undefined;
  }
  const { errorType, errorMessage } = answer;
  if (typeof errorMessage !== "string") return undefined;
  const text = errorMessage.replace(/^(?:\S+ )?RequestId: \S+ (?:Error: )?/, "").slice(0, MESSAGE_CHARACTERS);
  if (/signal: killed|OutOfMemory/.test(`${String(errorType)} ${text}`))
    return troubleError({
      name: "OutOfMemory",
      message: "the function ran out of memory",
      hint: "Ask for more in the step's memory.",
    });
  if (errorType === "Sandbox.Timedout" || /\bTask timed out after/.test(text))
    return { name: "Timeout", message: `the function ended: ${/Task timed out.*/.exec(text)?.[0] ?? text}` };
  return { name: typeof errorType === "string" && errorType !== "" ? errorType : "Failed", message: text };
}

/** The state machine's own limit, which is far beyond that of an attempt. */
const NEVER_ENDED: Trouble = {
  name: "Timeout",
  message: "a step took longer than its state may, the time that its job waited for a machine included",
  hint: "millrace doctor tells whether the queues can run jobs; npx sls deploy --param waitSeconds=… lets them wait longer.",
};

/** Why Batch did not even take a job. */
function whyRefused(name: string, cause: string): Trouble {
  if (/queue\b.*\bdisabled/i.test(cause))
    return {
      name: "QueueDisabled",
      message: `AWS Batch takes no jobs into the queue: ${cause}`,
      hint: "Enable the queue: npx sls deploy does.",
    };
  if (/AccessDenied|not authorized/.test(`${name} ${cause}`))
    return {
      name: "Denied",
      message: `the state machine's role lacks a right: ${cause}`,
      hint: "Deploy Millrace again, which fixes the role: npx sls deploy",
    };
  return { name, message: `AWS Batch did not take the job: ${cause}` };
}

const MESSAGE_CHARACTERS = 4000;

function lowerCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name.slice(0, 1).toLowerCase() + name.slice(1), lowerCased(one)]),
  );
}
