import type { ErrorCode } from "./error-codes.ts";

/** Where a mistake stands: whatever of it is known. */
export interface Where {
  readonly flow?: string | undefined;
  readonly step?: string | undefined;
  /** Of a state machine that no flow made. */
  readonly state?: string | undefined;
  readonly artifact?: string | undefined;
  readonly parameter?: string | undefined;
  /** The author's own source, as `path:line:column`. */
  readonly source?: string | undefined;
}

/**
 * A mistake that a user can fix, told as such: what happened, where, and what to do. The command line prints it
 * without a stack; anything else that is thrown is a bug and keeps its own.
 */
export class MillraceError extends Error {
  override readonly name = "MillraceError";
  /** Stable and machine-readable: docs/errors.md has what each means. */
  readonly code: ErrorCode;
  readonly where: Where;
  /** What the reader can do about it: one sentence. */
  readonly hint: string | undefined;
  readonly #detail: string;

  constructor(
    code: ErrorCode,
    detail: string,
    options: { where?: Where; hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(withSubject(detail, options.where), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.#detail = detail;
    this.where = options.where ?? {};
    this.hint = options.hint;
  }

  /** What happened, without where: no property of its own, or Node would print it beside the message. */
  get detail(): string {
    return this.#detail;
  }
}

/** A sentence about a flow, a step and so on, with these before it, since the message is often all that people see. */
function withSubject(detail: string, { flow, step, state, artifact, parameter }: Where = {}): string {
  const subject = [
    flow && `flow ${flow}`,
    step && `step ${step}`,
    state && `state ${state}`,
    artifact && `artifact ${artifact}`,
    parameter && `parameter ${parameter}`,
  ].filter(Boolean);
  return subject.length > 0 ? `${subject.join(", ")}: ${detail}` : detail;
}

/** The error as a person reads it: place and message, the source under it, then the hint. */
export function formatError({ message, where, hint }: Pick<MillraceError, "message" | "where" | "hint">): string {
  return [message, ...[where.source, hint].filter(Boolean).map((line) => `  ${line}`)].join("\n");
}
