import type { RetryOptions, StepOptions } from "../sdk/graph/graph.ts";
import { parseDuration } from "../sdk/units.ts";
import type { Retrier } from "./asl.ts";

/** Retries after the first attempt. */
export function retriesOf({ retry = 0 }: StepOptions): number {
  return typeof retry === "number" ? retry : retry.attempts;
}

/** Attempts that a step may have, the first counted. */
export function attemptsOf(options: StepOptions): number {
  return retriesOf(options) + 1;
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
