import { readFileSync } from "node:fs";
import { MillraceError } from "../graph/errors.ts";
import type { AuthorizeFlags } from "./flags.ts";

const HINT = "Name a file that holds a production token and nothing else.";

/**
 * The production token that is shown: `--authorize`, the file of `--authorize-file`, or MILLRACE_AUTHORIZE, which keep it off the
 * list of processes. Throws MillraceError `token.unreadable`.
 */
export function shownToken(
  { authorize, authorizeFile }: AuthorizeFlags,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (authorize !== undefined) return authorize;
  if (authorizeFile === undefined) return env["MILLRACE_AUTHORIZE"] || undefined;
  let token: string;
  try {
    token = readFileSync(authorizeFile, "utf8").trim();
  } catch (cause) {
    throw new MillraceError("token.unreadable", `${authorizeFile} can't be read: ${(cause as Error).message}`, {
      hint: HINT,
      cause,
    });
  }
  if (token === "") throw new MillraceError("token.unreadable", `${authorizeFile} is empty`, { hint: HINT });
  return token;
}
