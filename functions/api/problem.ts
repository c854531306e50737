import type { ErrorCode } from "../../graph/error-codes.ts";
import { MillraceError, type Where } from "../../graph/errors.ts";

/** An error on the wire: problem details (RFC 9457) with a MillraceError's code, place and hint. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly where?: Where;
  readonly hint?: string;
}

export const PROBLEM_TYPE = "application/problem+json";

/** Of what is no MillraceError nothing is said: it is a bug, and its message may hold anything. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof MillraceError)) {
    return {
      type: "about:blank",
      title: "Internal error",
      status: 500,
      detail: "The service failed; its log says how.",
      code: "service.failed",
    };
  }
  const { code, detail, where, hint } = error;
  const status = statusOf(code);
  return {
    type: "about:blank",
    title: TITLES[status] ?? "Bad request",
    status,
    detail,
    code,
    ...(Object.keys(where).length > 0 && { where }),
    ...(hint !== undefined && { hint }),
  };
}

/** The error that a problem tells of; also of an answer that is no problem, such as a gateway's own. */
export function errorOf(status: number, body: unknown): MillraceError {
  const { code, detail, where, hint } = (typeof body === "object" && body !== null ? body : {}) as Partial<Problem>;
  // A newer API may have codes that this program does not know; they are handed on as they are.
  if (typeof code === "string" && typeof detail === "string") {
    return new MillraceError(code, detail, { ...(where && { where }), hint });
  }
  const { message, Message } = (body ?? {}) as { message?: unknown; Message?: unknown };
  const said = [message, Message].find((one) => typeof one === "string");
  const text = `The service answered ${status}${said === undefined ? "" : `: ${said as string}`}`;
  if (status === 403) {
    return new MillraceError("account.denied", text, {
      hint: "Sign in to the account, and ask for the right to call its API.",
    });
  }
  if (status === 429 || status >= 500) return new MillraceError("account.busy", text, { hint: "Try again later." });
  return new MillraceError("service.refused", text);
}

function statusOf(code: ErrorCode): number {
  const exact = STATUSES[code];
  if (exact !== undefined) return exact;
  return code.startsWith("account.") ? 502 : code.startsWith("artifact.") || code.startsWith("blob.") ? 422 : 400;
}

const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  "request.tooLarge": 413,
  "flow.owned": 403,
  "token.invalid": 403,
  "grant.invalid": 403,
  "caller.refused": 403,
  "run.owned": 403,
  "proof.invalid": 403,
  "server.secret": 403,
  "route.unknown": 404,
  "flow.notDeployed": 404,
  "run.unknown": 404,
  "step.unknown": 404,
  "task.unknown": 404,
  "attempt.refused": 409,
  "run.over": 409,
  "task.tooEarly": 409,
  "run.notHere": 409,
  "run.starting": 409,
  "run.tooMany": 409,
  "upload.tooLarge": 413,
  "flow.deploying": 409,
  "account.busy": 503,
};

const TITLES: Readonly<Record<number, string>> = {
  403: "Forbidden",
  404: "Not found",
  409: "Conflict",
  413: "Too large",
  422: "Not acceptable as it is",
  502: "The account is at fault",
  503: "Busy",
};
