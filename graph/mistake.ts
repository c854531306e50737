import { formatError, MillraceError } from "./errors.ts";
import type { ErrorCode } from "./error-codes.ts";
import type { Where } from "./errors.ts";

/** One thing that a user has to fix, found among others. */
export interface Mistake {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where: Where;
  readonly hint: string;
}

/** How many mistakes one message spells out. */
const SPELT_OUT = 20;

/** All mistakes as one error: a single one as itself, several listed in the message. They are the error's `cause`. */
export function mistakesError(code: ErrorCode, mistakes: readonly Mistake[]): MillraceError {
  const [only, second] = mistakes;
  if (only && !second) {
    return new MillraceError(code, only.message, {
      where: only.where,
      hint: only.hint,
      cause: mistakes,
    });
  }
  const texts = mistakes.slice(0, SPELT_OUT).map((one) => formatError(new MillraceError(one.code, one.message, one)));
  if (mistakes.length > SPELT_OUT) texts.push(`… and ${mistakes.length - SPELT_OUT} more`);
  return new MillraceError(code, texts.join("\n"), { cause: mistakes });
}

/** A value as it stands in a message: texts in quotes, at most 80 characters of anything. */
export function quote(value: unknown): string {
  const text = isWritable(value) ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function isWritable(value: unknown): boolean {
  if (typeof value !== "object") return typeof value === "string";
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}
