import { readFileSync } from "node:fs";
import { MillraceError } from "../graph/errors.ts";
import type { AuthorizeFlags } from "./flags.ts";

/**
 * The production token that is shown: `--authorize`, the file of `--authorize-file`, or MILLRACE_AUTHORIZE, which keep it off the
 * list of processes. Throws MillraceError `token.unreadable`.
 */
export function shownToken({ authorize, authorizeFile }: AuthorizeFlags): string | undefined {
  if (authorize !== undefined) return authorize;
  if (authorizeFile === undefined) return process.env["MILLRACE_AUTHORIZE"] || undefined;
  let token: string;
  try {
    token = readFileSync(authorizeFile, "utf8").trim();
  } catch (cause) {
    throw new MillraceError("token.unreadable", `${authorizeFile} can't be read: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (token === "") throw new MillraceError("token.unreadable", `${authorizeFile} is empty`);
  return token;
}
