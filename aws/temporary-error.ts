import { MillraceError } from "../graph/errors.ts";

/** What an AWS SDK throws for a service's answer. Source: AWS SDK for JavaScript v3, "Handling errors". */
interface ServiceError extends Error {
  readonly $fault: "client" | "server";
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $retryable?: { readonly throttling?: boolean };
}

/** Whether an AWS service said so; else it is a fault of the program, or of the network. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "$fault" in error;
}

/** Whether asking again later may help: the service holds requests back, is broken for the moment, or out of reach. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof MillraceError) return error.code === "account.busy" || error.code === "account.unreachable";
  if (!isServiceError(error)) return false;
  const { $fault, $metadata, $retryable, name } = error;
  const isThrottled =
    $metadata?.httpStatusCode === 429 || $retryable !== undefined || /^(TooManyRequests|Throttl)/.test(name);
  return $fault === "server" || ($metadata?.httpStatusCode ?? 0) >= 500 || isThrottled;
}
