import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { MillraceError } from "../../graph/errors.ts";

/**
 * Makes the folder of a local store where there is none, kept out of git.
 * Throws MillraceError `store.unwritable` where the file system refuses.
 */
export function createHomeFolder(home: string): void {
  const ignore = `${home}/.gitignore`;
  if (existsSync(ignore)) return;
  try {
    mkdirSync(home, { recursive: true });
    writeFileSync(ignore, "*\n");
  } catch (error) {
    throw homeError(home, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "may not be written by this user",
  EPERM: "may not be written by this user",
  EROFS: "is on a read-only file system",
  ENOSPC: "is on a disk that is full",
  EDQUOT: "is on a disk whose quota is used up",
  ENOTDIR: "is below something that is not a folder",
  EEXIST: "is a file, not a folder",
};

/** What a file system's refusal means to the user; any other error as it is. */
export function homeError(home: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = reasons[code];
  if (!reason) return error;
  const hint = code === "ENOSPC" || code === "EDQUOT" ? "Make room, or set" : "Change that, or set";
  return new MillraceError("store.unwritable", `the store ${home} ${reason} (${code})`, {
    hint: `${hint} MILLRACE_HOME to a folder elsewhere.`,
    cause: error,
  });
}
