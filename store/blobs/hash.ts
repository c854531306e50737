/**
 * Hashes that were taken of segments still in use, so that whoever names a blob and the store that checks the name take
 * one pass over the bytes between them.
 */
const known = new WeakMap<readonly Uint8Array[], string>();

/**
 * The SHA-256 of the segments one after the other, as 64 hex digits. It is kept with the array, so neither the array
 * nor the memory under it may change between this and the write.
 */
export function hashOf(segments: readonly Uint8Array[]): string {
  let hash = known.get(segments);
  if (hash === undefined) {
    hash = digest("sha256", segments);
    known.set(segments, hash);
  }
  return hash;
}

/** Their MD5, as 32 hex digits: for what BlobStore.md5 is for, and no name. */
export function md5Of(segments: readonly Uint8Array[]): string {
  return digest("md5", segments);
}

function digest(algorithm: "sha256" | "md5", segments: readonly Uint8Array[]): string {
  // Loaded when it is first wanted: that takes some 2 ms, and a process whose values are all small names none.
  const hash = process.getBuiltinModule("node:crypto").createHash(algorithm);
  for (const segment of segments) {
    // A digest takes at most 2 GiB at once.
    for (let at = 0; at < segment.length; at += PIECE)
      hash.update(segment.length > PIECE ? segment.subarray(at, at + PIECE) : segment);
  }
  return hash.digest("hex");
}

const PIECE = 1024 ** 3;
