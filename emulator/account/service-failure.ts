import { isServiceError } from "../../aws/temporary-error.ts";
import { TaskFailure } from "../../engine/asl/errors.ts";
import { MillraceError } from "../../graph/errors.ts";

/**
 * What a service said no with, as a state machine sees it, which waits and tries again, or catches it. What only a person can
 * hint (no credentials, no right) and what is a bug stay what they are. `passing` are the codes of what the machine waits for.
 */
export function serviceFailure(service: "Batch" | "Lambda", thrown: unknown, passing: readonly string[]): unknown {
  const isKnown = thrown instanceof MillraceError;
  if (isKnown ? !passing.includes(thrown.code) : !isServiceError(thrown)) return thrown;
  const { name, message } = (isKnown && thrown.cause instanceof Error ? thrown.cause : thrown) as Error;
  const isNetwork = /^(ECONN|ETIMEDOUT|TimeoutError)/.test(name);
  return new TaskFailure(`${service}.${isNetwork ? "SdkClientException" : name}`, message);
}
