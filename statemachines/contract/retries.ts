import type { JsonObject, RetryOptions, StepOptions } from "../../graph/graph.ts";
import { parseDuration } from "../../graph/units.ts";
import type { Retrier } from "../asl.ts";
import { TIMEOUT_GRACE_SECONDS } from "./contract.ts";
import { FINAL_EXIT } from "./exit-codes.ts";
import { LIMITS } from "../limits.ts";

/** Retries after the first attempt. */
export function retriesOf({ retry = 0 }: StepOptions): number {
  return typeof retry === "number" ? retry : retry.attempts;
}

/** Attempts that a step may have, the first counted. */
export function attemptsOf(options: StepOptions): number {
  return retriesOf(options) + 1;
}

/** How often a job may lose its machine, or not come to begin, before that costs a retry of the step's own. */
const INTERRUPTIONS = 4;

/** Attempts that a step's job has: its own, and for a step that may be tried again some for what is not its fault. */
export function jobAttemptsOf(options: StepOptions): number {
  const own = attemptsOf(options);
  return own === 1 ? 1 : Math.max(own, Math.min(LIMITS.jobAttempts, own + INTERRUPTIONS));
}

/**
 * A job's RetryStrategy; of an array's job it holds for each child. Batch can't tell the step's own tries from those that
 * an interruption has cost, so it always tries again, and a container whose step has no other try says so by how it exits.
 */
export function jobRetryStrategy(options: StepOptions): JsonObject {
  const attempts = jobAttemptsOf(options);
  if (attempts === 1) return { Attempts: 1 };
  return { Attempts: attempts, EvaluateOnExit: [{ OnExitCode: `${FINAL_EXIT}*`, Action: "EXIT" }] };
}

/** A container that waits costs what one that works does. */
const LONGEST_WAIT_SECONDS = 900;

/** How long to wait before the retry that follows the failure of try `number` (from 1). */
export function retryDelaySeconds({ retry }: StepOptions, number: number, random: () => number = Math.random): number {
  if (typeof retry !== "object" || retry.backoff === undefined) return 0;
  const grown = parseDuration(retry.backoff) * (retry.rate ?? 2) ** (number - 1);
  const delay = Math.min(grown, retry.maxDelay === undefined ? Infinity : parseDuration(retry.maxDelay));
  return retry.jitter ? delay * random() : delay;
}

/** The same where it is waited for in a container that has started `sinceSeconds` after the failure. */
export function containerWaitSeconds(options: StepOptions, number: number, sinceSeconds: number): number {
  const left = retryDelaySeconds(options, number) - sinceSeconds;
  return Math.min(LONGEST_WAIT_SECONDS, Math.max(0, left));
}

/** The longest that a container of it may wait. */
function longestWaitSeconds(options: StepOptions): number {
  const retries = retriesOf(options);
  const longest = [1, retries].map((number) => retryDelaySeconds(options, number, () => 1));
  return retries === 0 ? 0 : Math.min(LONGEST_WAIT_SECONDS, Math.ceil(Math.max(...longest)));
}

/** How long Batch lets an attempt be. */
export function longestAttemptSeconds(options: StepOptions, timeout: string): number {
  return Math.ceil(parseDuration(timeout)) + longestWaitSeconds(options) + TIMEOUT_GRACE_SECONDS;
}

/** The step's own retries as a retrier, for what cannot retry by itself; none where it has none. */
export function stepRetrier(options: StepOptions): Retrier[] {
  const retries = retriesOf(options);
  if (retries === 0) return [];
  const { backoff, rate, maxDelay, jitter }: Partial<RetryOptions> =
    typeof options.retry === "object" ? options.retry : {};
  const interval = backoff === undefined ? 1 : Math.ceil(parseDuration(backoff));
  return [
    {
      ErrorEquals: ["States.ALL"],
      IntervalSeconds: interval,
      MaxAttempts: retries,
      BackoffRate: Math.max(1, rate ?? 2),
      // Step Functions wants it greater than the interval.
      ...(maxDelay !== undefined && {
        MaxDelaySeconds: Math.max(interval + 1, Math.ceil(parseDuration(maxDelay))),
      }),
      ...(jitter && { JitterStrategy: "FULL" }),
    },
  ];
}

/**
 * What a service answers when it is too busy or broken for a moment: worth waiting for, and long, since thousands may
 * wait for the same. Names as seen in executions' histories; Step Functions developer guide, "Handling errors".
 */
function patiently(errors: readonly string[]): readonly Retrier[] {
  return [
    {
      ErrorEquals: errors,
      IntervalSeconds: 2,
      MaxAttempts: 9,
      BackoffRate: 2,
      MaxDelaySeconds: 120,
      JitterStrategy: "FULL",
    },
  ];
}

export const batchRetry = patiently([
  "Batch.TooManyRequestsException",
  "Batch.AWSBatchException",
  "Batch.ServerException",
  "Batch.SdkClientException",
]);

export const lambdaRetry = patiently([
  "Lambda.TooManyRequestsException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
]);

export const readRetry = patiently([
  "DynamoDB.ProvisionedThroughputExceededException",
  "DynamoDB.RequestLimitExceeded",
  "DynamoDB.ThrottlingException",
  "DynamoDB.InternalServerError",
  "DynamoDB.AmazonDynamoDBException",
  "DynamoDB.SdkClientException",
]);

/** Of an execution within an execution; what fails in it is no throttling and is not tried again. */
export const nestRetry = patiently([
  "StepFunctions.ExecutionLimitExceeded",
  "StepFunctions.ThrottlingException",
  "StepFunctions.AWSStepFunctionsException",
  "StepFunctions.SdkClientException",
]);
