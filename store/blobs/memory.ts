import type { LocalBlobStore } from "./blobs.ts";
import { checkWritten, missing } from "./check.ts";
import { md5Of } from "./hash.ts";

/** Blobs for as long as the process lives: for tests, a flow's author's and our own. */
export function openMemoryBlobs(): LocalBlobStore {
  const blobs = new Map<string, Uint8Array>();

  function readSync(hash: string): Uint8Array {
    const bytes = blobs.get(hash);
    if (bytes === undefined) throw missing(hash);
    return new Uint8Array(bytes);
  }

  function writeSync(hash: string, bytes: readonly Uint8Array[]): void {
    checkWritten(hash, bytes);
    if (!blobs.has(hash)) blobs.set(hash, Buffer.concat(bytes));
  }

  return {
    readSync,
    writeSync,
    read: async (hash) => readSync(hash),
    write: async (hash, bytes) => writeSync(hash, bytes),
    has: async (hash) => blobs.has(hash),
    md5: async (hash) => (blobs.has(hash) ? md5Of([blobs.get(hash)!]) : undefined),
  };
}
