import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import nodeModule, { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { Script } from "node:vm";

/** A file of CommonJS that has been loaded. */
export interface Loaded<Exports> {
  readonly exports: Exports;
  /** Keeps what V8 has compiled of it, for the next process that loads it. */
  keep(): void;
}

const DIGEST_BYTES = 32;

/**
 * Loads a file of CommonJS as `require` does, with what V8 compiled of it last time: half the time that loading a program
 * takes is its compilation. That is kept in `folder`, one file for each Node, for this user alone to read and write, behind
 * a SHA-256 of it and of the source: a file that is damaged, or of another source, or that somebody else could have
 * written is not used, and what another V8 compiled V8 itself refuses. Then the source is compiled as always.
 */
export function loadCompiled<Exports>(file: string, folder: string): Loaded<Exports> {
  const source = readFileSync(file, "utf8");
  const cacheFile = join(folder, `${basename(file, ".cjs")}-${process.version}-${process.arch}.bin`);
  const cachedData = readCache(cacheFile, source);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) { ${source}\n})`, {
    filename: file,
    ...(cachedData && { cachedData }),
  });
  const module = new nodeModule.Module(file);
  module.filename = file;
  const factory = script.runInThisContext() as (...parameters: unknown[]) => void;
  factory(module.exports, createRequire(file), module, file, dirname(file));
  return {
    exports: module.exports as Exports,
    keep() {
      if (cachedData === undefined || script.cachedDataRejected) writeCache(cacheFile, source, script);
    },
  };
}

function readCache(file: string, source: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    const { mode, uid } = fstatSync(descriptor);
    if (process.getuid && (uid !== process.getuid() || (mode & 0o077) !== 0)) return undefined;
    const bytes = readFileSync(descriptor);
    const data = bytes.subarray(DIGEST_BYTES);
    return bytes.subarray(0, DIGEST_BYTES).equals(digest(source, data)) ? data : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** A store that can't be written is no reason to fail: the next run compiles once more. */
function writeCache(file: string, source: string, script: Script): void {
  const temporary = `${file}.${process.pid}`;
  try {
    const data = script.createCachedData();
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    rmSync(temporary, { force: true });
    writeFileSync(temporary, Buffer.concat([digest(source, data), data]), { mode: 0o600, flag: "wx" });
    renameSync(temporary, file);
  } catch {
    // One that was half written is overwritten by the next process of that number.
  }
}

function digest(source: string, data: Uint8Array): Buffer {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(source).update(data).digest();
}
