/** Where a mistake stands: whatever of it is known. */
export interface Where {
  readonly flow?: string | undefined;
  readonly step?: string | undefined;
  readonly artifact?: string | undefined;
  readonly parameter?: string | undefined;
  /** The author's own source, as `path:line:column`. */
  readonly source?: string | undefined;
}

/**
 * A mistake that a user can mend, told as such: what happened, where, and what to do. The command line prints it
 * without a stack; anything else that is thrown is a bug and keeps its own.
 */
export class MillraceError extends Error {
  override readonly name = "MillraceError";
  /** Stable and machine-readable, such as `graph.invalid` or `parameter.missing`. */
  readonly code: string;
  readonly where: Where;
  /** What the reader can do about it: one sentence. */
  readonly mend: string | undefined;

  constructor(
    code: string,
    message: string,
    options: { where?: Where; mend?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.where = options.where ?? {};
    this.mend = options.mend;
  }
}

/** The error as a person reads it: place and message, the source under it, then the mend. */
export function formatError(error: MillraceError): string {
  const { flow, step, artifact, parameter, source } = error.where;
  const place = [
    flow && `flow ${flow}`,
    step && `step ${step}`,
    artifact && `artifact ${artifact}`,
    parameter && `parameter ${parameter}`,
  ].filter(Boolean);
  const lines = [place.length > 0 ? `${place.join(", ")}: ${error.message}` : error.message];
  if (source) lines.push(`  ${source}`);
  if (error.mend) lines.push(`  ${error.mend}`);
  return lines.join("\n");
}
