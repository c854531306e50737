import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writevSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { MillraceError } from "../../../graph/errors.ts";
import { PRIVATE_FILE, PRIVATE_FOLDER } from "../../home/home-folder.ts";
import type { LocalBlobStore } from "../blobs.ts";
import { checkRead, checkWritten, missing } from "../check.ts";
import { md5Of } from "../hash.ts";

/**
 * Blobs as files of a folder, which is made when the first is written: each at `ab/cdef…`, its hash. Many processes may
 * use it at once: a blob is written beside and then renamed into place, so it is there whole or not at all. It outlives
 * the process at once and the machine once the system has put it on the disk; one that a power cut left damaged is told
 * when it is read.
 *
 * All of it is done at once, for the hash that reads and writes go with holds the thread as long as the disk does.
 */
export function openFileBlobs(folder: string): LocalBlobStore {
  const fileOf = (hash: string) => join(folder, hash.slice(0, 2), hash.slice(2));
  const unfinished = join(folder, "unfinished");
  let isPrepared = false;

  function write(hash: string, bytes: readonly Uint8Array[]): void {
    checkWritten(hash, bytes);
    const file = fileOf(hash);
    const size = bytes.reduce((sum, segment) => sum + segment.length, 0);
    // A power cut may have left it short.
    if (statSync(file, { throwIfNoEntry: false })?.size === size) return;
    const temporary = join(unfinished, `${process.pid}-${Math.random().toString(36).slice(2)}`);
    try {
      if (!isPrepared) prepare(unfinished);
      isPrepared = true;
      writeFile(temporary, bytes);
      place(temporary, file);
    } catch (error) {
      discard(temporary);
      throw storeError(error, folder);
    }
  }

  function read(hash: string): Uint8Array {
    const bytes = readFile(fileOf(hash));
    if (bytes === undefined) throw missing(hash);
    checkRead(hash, bytes);
    return bytes;
  }

  return {
    writeSync: write,
    readSync: read,
    write: async (hash, bytes) => write(hash, bytes),
    read: async (hash) => read(hash),
    has: async (hash) => existsSync(fileOf(hash)),
    md5: async (hash) => (existsSync(fileOf(hash)) ? md5Of([read(hash)]) : undefined),
  };
}

/** A file half written grows; one that has not changed for so long belongs to a process that was killed. */
const ABANDONED_MS = 3_600_000;
/** IOV_MAX: one system call takes no more segments. */
const SEGMENTS = 1024;
/** One system call moves less than 2 GiB. */
const PIECE = 1024 ** 3;

/** Makes the folder for files half written, and clears away those that were abandoned there. */
function prepare(unfinished: string): void {
  mkdirSync(unfinished, PRIVATE_FOLDER);
  for (const name of readdirSync(unfinished)) {
    const file = join(unfinished, name);
    const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (written !== undefined && Date.now() - written > ABANDONED_MS) rmSync(file, { force: true });
  }
}

function writeFile(file: string, bytes: readonly Uint8Array[]): void {
  const descriptor = openSync(file, PRIVATE_FILE.flag, PRIVATE_FILE.mode);
  try {
    let rest = bytes.filter((segment) => segment.length > 0);
    while (rest.length > 0) rest = after(rest, writevSync(descriptor, rest.slice(0, SEGMENTS)));
  } finally {
    closeSync(descriptor);
  }
}

/** What is left of the segments once `written` bytes of them are away. */
function after(segments: Uint8Array[], written: number): Uint8Array[] {
  let whole = 0;
  while (whole < segments.length && written >= segments[whole]!.length) written -= segments[whole++]!.length;
  const rest = segments.slice(whole);
  if (written > 0) rest[0] = rest[0]!.subarray(written);
  return rest;
}

/** Renames the file into its place, in a folder that the first who needs it makes. */
function place(temporary: string, file: string): void {
  try {
    renameSync(temporary, file);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    mkdirSync(dirname(file), PRIVATE_FOLDER);
    renameSync(temporary, file);
  }
}

/** The file's bytes in memory of their own and of just that size, so that a large array can be that memory and no copy. */
function readFile(file: string): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.allocUnsafeSlow(fstatSync(descriptor).size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(descriptor, bytes, at, Math.min(bytes.length - at, PIECE), at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(descriptor);
  }
}

function discard(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // What kept the blob from being written keeps this too, and that error is the one to tell.
  }
}

function storeError(error: unknown, folder: string): unknown {
  switch (codeOf(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return new MillraceError("store.full", `There is no room left to write to ${folder}`, {
        hint: "Free some space on that disk, or set MILLRACE_HOME to a folder on another.",
        cause: error,
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new MillraceError("store.readOnly", `${folder} cannot be written to`, {
        hint: "Give yourself the right to write there, or set MILLRACE_HOME to a folder where you have it.",
        cause: error,
      });
    default:
      return error;
  }
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
