import { formatError, MillraceError } from "../graph/errors.ts";
import { printableJson, printableLines } from "../graph/printable.ts";
import { version } from "../runtime/package/version.ts";

/**
 * Says on stderr what went wrong and answers the exit code: 2 where the user can fix it, 70 where only we can. With `json` it
 * is a line of JSON, which ends with the error's code.
 */
export function reportFailure(error: unknown, { json = false }: { readonly json?: boolean } = {}): number {
  if (error instanceof MillraceError) {
    const { code, message, where, hint } = error;
    process.stderr.write(
      `${json ? printableJson({ message, where, hint, code }) : printableLines(formatError(error))}\n`,
    );
    return 2;
  }
  // The reader of our output has gone, as `millrace runs | head` does: nothing is wrong.
  if (error instanceof Error && "code" in error && error.code === "EPIPE") return 0;
  const report =
    error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : `thrown: ${String(error)}`;
  process.stderr.write(
    `${printableLines(report)}\n\nThis is a bug in millrace ${version} (Node ${process.versions.node}); please report it with the lines above.\n`,
  );
  return 70;
}
