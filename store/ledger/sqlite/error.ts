import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { MillraceError } from "../../../graph/errors.ts";

/**
 * What SQLite or the file system threw about the store, as a mistake that a user can fix; anything else as it was.
 * Codes: `store.readOnly`, `store.full`, `store.damaged`, `store.busy`, `store.failed`.
 */
export function storeError(error: unknown, path: string): unknown {
  if (error instanceof MillraceError || !(error instanceof Error)) return error;
  const trouble = troubleOf(error, path);
  if (trouble === undefined) return error;
  const { message, hint } = TROUBLES[trouble];
  return new MillraceError(trouble, `The store ${path} ${message}`, {
    hint,
    cause: error,
  });
}

type Trouble = keyof typeof TROUBLES;

const TROUBLES = {
  "store.readOnly": {
    message: "cannot be written",
    hint: "Make the file and its folder writable, or set MILLRACE_HOME to a folder that is.",
  },
  "store.full": {
    message: "has no room left on its disk",
    hint: "Free some space, or set MILLRACE_HOME to a folder on another disk; what was recorded is still there.",
  },
  "store.damaged": {
    message: "is damaged, or is no store at all",
    hint: "Move the file away and restore it from a backup; without one, the next run begins a new store.",
  },
  "store.busy": {
    message: "has been held by another program for too long",
    hint: "Look for a program that is stopped in the middle of a run, end it, and try again.",
  },
  "store.failed": {
    message: "cannot be read or written",
    hint: "Check that its folder exists, is a folder, and is on a disk that answers.",
  },
} as const;

/** SQLite's primary result codes (sqlite.org/rescode.html); the bits above them say more than a user needs. */
const BY_RESULT_CODE: Readonly<Record<number, Trouble>> = {
  3: "store.readOnly", // PERM
  5: "store.busy", // BUSY
  6: "store.busy", // LOCKED
  8: "store.readOnly", // READONLY
  10: "store.failed", // IOERR
  11: "store.damaged", // CORRUPT
  13: "store.full", // FULL
  14: "store.failed", // CANTOPEN
  26: "store.damaged", // NOTADB
};

const BY_SYSTEM_CODE: Readonly<Record<string, Trouble>> = {
  EACCES: "store.readOnly",
  EPERM: "store.readOnly",
  EROFS: "store.readOnly",
  ENOSPC: "store.full",
  EDQUOT: "store.full",
  EEXIST: "store.failed",
  ENOTDIR: "store.failed",
  EIO: "store.failed",
};

function troubleOf(error: Error & { code?: unknown; rawCode?: unknown }, path: string): Trouble | undefined {
  if (typeof error.code === "string" && error.code in BY_SYSTEM_CODE) return BY_SYSTEM_CODE[error.code];
  const resultCode = resultCodeOf(error);
  const trouble = resultCode === undefined ? undefined : BY_RESULT_CODE[resultCode & 0xff];
  return trouble === "store.failed" && !mayWrite(path) ? "store.readOnly" : trouble;
}

function resultCodeOf(error: Error & { rawCode?: unknown }): number | undefined {
  if (typeof error.rawCode === "number") return error.rawCode;
  // Where a file can't be opened, libsql says why at the end of its message alone.
  const opening = /^ConnectionFailed\(.*: (\d+)"\)$/.exec(error.message);
  return opening ? Number(opening[1]) : undefined;
}

/** False only where the system says that it is forbidden: then that is the reason, not a consequence. */
function mayWrite(path: string): boolean {
  try {
    accessSync(dirname(path), constants.W_OK);
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    return BY_SYSTEM_CODE[(error as NodeJS.ErrnoException).code ?? ""] !== "store.readOnly";
  }
}
