import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MillraceError } from "../../graph/errors.ts";

/** For this user alone: it holds flows' code, which is run, and whatever their tasks made and printed. */
export const PRIVATE_FOLDER = { recursive: true, mode: 0o700 } as const;
export const PRIVATE_FILE = { mode: 0o600, flag: "wx" } as const;

/**
 * Makes the folder of a local store where there is none, kept out of git and from other users.
 * Throws MillraceError `store.unwritable` where the file system refuses, `store.foreign` where it is another user's.
 */
export function createHomeFolder(home: string): void {
  const ignore = join(home, ".gitignore");
  try {
    if (existsSync(ignore)) return checkHomeFolder(home);
    mkdirSync(home, PRIVATE_FOLDER);
    checkHomeFolder(home);
    writeFileSync(ignore, "*\n", PRIVATE_FILE);
  } catch (error) {
    // Another process makes it at the same moment.
    if (codeOf(error) === "EEXIST" && existsSync(ignore)) return;
    throw homeError(home, error);
  }
}

/**
 * Makes sure that a store is this user's own, with all that is in it, and takes away other users' right to write to it. What
 * is made in it nobody else can read, whatever the folder's own rights are. Throws MillraceError `store.foreign`.
 */
export function checkHomeFolder(home: string): void {
  const user = process.getuid?.();
  if (user === undefined) return;
  const found = statSync(home);
  // If it is no folder, createHomeFolder says so when it makes one.
  if (!found.isDirectory()) return;
  const { uid, mode } = found;
  if (uid !== user || lstatSync(home).uid !== user) throw foreign(home, uid);
  for (const name of readdirSync(home)) {
    const file = join(home, name);
    const owner = lstatSync(file, { throwIfNoEntry: false })?.uid;
    if (owner !== undefined && owner !== user) throw foreign(file, owner);
  }
  if ((mode & 0o022) === 0) return;
  if ((mode & 0o1000) !== 0)
    throw new MillraceError("store.foreign", `${home} is a folder for everybody's files`, {
      hint: "Set MILLRACE_HOME to a folder of your own.",
    });
  try {
    chmodSync(home, mode & 0o755);
  } catch (error) {
    // Nobody puts anything onto a read-only disk.
    if (codeOf(error) !== "EROFS") throw error;
  }
}

function foreign(path: string, owner: number): MillraceError {
  return new MillraceError("store.foreign", `${path} belongs to another user (uid ${owner})`, {
    hint: "Work as that user, or set MILLRACE_HOME to a folder of your own.",
  });
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
  const code = codeOf(error);
  const reason = error instanceof MillraceError ? undefined : reasons[code];
  if (!reason) return error;
  const hint = code === "ENOSPC" || code === "EDQUOT" ? "Make room, or set" : "Change that, or set";
  return new MillraceError("store.unwritable", `the store ${home} ${reason} (${code})`, {
    hint: `${hint} MILLRACE_HOME to a folder elsewhere.`,
    cause: error,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
