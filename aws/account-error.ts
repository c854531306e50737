import type { ErrorCode } from "../graph/error-codes.ts";
import { MillraceError } from "../graph/errors.ts";

/**
 * An error of an AWS service as what it means to a user: no credentials, no right, no such table or bucket, too busy,
 * out of reach. What is none of these comes back as it was: a bug. `what` is such as `the table millrace-dev`.
 */
export function accountError(error: unknown, what: string): unknown {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  const known = KNOWN.find(({ names }) => names.has(name ?? "") || names.has(code ?? ""));
  if (!known) return error;
  return new MillraceError(known.code, `${known.message(what)}: ${message}`, { hint: known.hint, cause: error });
}

const KNOWN: readonly {
  readonly code: ErrorCode;
  readonly names: ReadonlySet<string>;
  readonly message: (what: string) => string;
  readonly hint: string;
}[] = [
  {
    code: "account.credentials",
    names: new Set([
      "CredentialsProviderError",
      "ExpiredToken",
      "ExpiredTokenException",
      "InvalidAccessKeyId",
      "SignatureDoesNotMatch",
      "UnrecognizedClientException",
      "InvalidSignatureException",
      "TokenRefreshRequired",
    ]),
    message: (what: string) => `There are no valid AWS credentials to reach ${what} with`,
    hint: "Sign in to the account again, or set AWS_PROFILE.",
  },
  {
    code: "account.denied",
    names: new Set(["AccessDenied", "AccessDeniedException", "Forbidden"]),
    message: (what: string) => `These AWS credentials have no right to ${what}`,
    hint: "Ask for the right, or choose another profile with: millrace configure use",
  },
  {
    code: "account.missing",
    names: new Set(["ResourceNotFoundException", "NoSuchBucket"]),
    message: (what: string) => `The account has not got ${what}`,
    hint: "Look at the profile with: millrace configure show",
  },
  {
    code: "account.busy",
    names: new Set([
      "ThrottlingException",
      "ProvisionedThroughputExceededException",
      "RequestLimitExceeded",
      "SlowDown",
      "TransactionConflictException",
    ]),
    message: (what: string) => `AWS holds back requests to ${what}, although each was tried again for a while`,
    hint: "Try again later, or with less at once.",
  },
  {
    code: "account.unreachable",
    names: new Set([
      "ECONNREFUSED",
      "ENOTFOUND",
      "ECONNRESET",
      "EAI_AGAIN",
      "ETIMEDOUT",
      "EHOSTUNREACH",
      "TimeoutError",
    ]),
    message: (what: string) => `There is no way to ${what}`,
    hint: "Look whether the network is there, and whether the profile's region is right.",
  },
];
