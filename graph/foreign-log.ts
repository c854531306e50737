import { MillraceError } from "./errors.ts";
import { printable } from "./printable.ts";

/** The ledger names a log that is not where a task's output is kept: whoever wrote that wants other things read. */
export function foreignLog(stream: string, expected: string): MillraceError {
  return new MillraceError("log.foreign", `"${printable(stream.slice(0, 200))}" is not ${expected}: it is not read`);
}
