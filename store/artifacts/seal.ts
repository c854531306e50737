import { MillraceError } from "../../graph/errors.ts";
import { hashOf } from "../blobs/hash.ts";
import { joinSmall, sizeOf, type Segments } from "./segments.ts";

/** Bytes under their name: what a blob store is to write. */
export interface Sealed {
  readonly hash: string;
  readonly bytes: Uint8Array[];
}

/** Z_BEST_SPEED. */
const FAST = { level: 1 };
/** Up to this size compression is simply tried; beyond it a sample decides. */
const TRIED_BYTES = 1024 * 1024;
const SAMPLE_BYTES = 64 * 1024;

/** Compresses the segments where that pays, and names them by the SHA-256 of what came of it. */
export function seal(segments: Uint8Array[]): Sealed {
  const bytes = compress(segments);
  return { hash: hashOf(bytes), bytes };
}

/**
 * The bytes that were sealed: a gzip stream begins with 1f 8b, which no CBOR item does. Of a stream that holds more than
 * `most` bytes no more are made. Throws MillraceError `artifact.damaged`.
 */
export function unseal(bytes: Uint8Array, most: number): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return zlib().gunzipSync(bytes, { chunkSize: chunkSize(bytes.length), maxOutputLength: Math.max(most, 1) });
  } catch (error) {
    throw new MillraceError("artifact.damaged", "The stored value is damaged: it cannot be decompressed", {
      hint: "Run the step that made it again.",
      cause: error,
    });
  }
}

function compress(segments: Uint8Array[]): Uint8Array[] {
  const size = sizeOf(segments);
  if (size > TRIED_BYTES && !isWorthwhile(segments, size)) return segments;
  // Each batch is a gzip member of its own; members one after the other are one stream (RFC 1952, section 2.2).
  const compressed = joinSmall(segments, TRIED_BYTES).map((batch) => zlib().gzipSync(batch, FAST));
  return sizeOf(compressed) < size * 0.9 ? compressed : segments;
}

/** Whether a value that is mostly text or small parts shrinks to under half; large binary runs are left as they are. */
function isWorthwhile(segments: Segments, size: number): boolean {
  const parts = segments.filter((segment) => segment.length <= TRIED_BYTES);
  if (sizeOf(parts) < size / 2) return false;
  const samples = [0.1, 0.5, 0.9].map((place) => {
    const part = parts[Math.floor(parts.length * place)]!;
    const from = Math.floor(Math.max(0, part.length - SAMPLE_BYTES) * place);
    return part.subarray(from, from + SAMPLE_BYTES);
  });
  return zlib().gzipSync(Buffer.concat(samples), FAST).length < sizeOf(samples) / 2;
}

/** Decompression works in steps of this many bytes: few for what is large, no more than is needed for what is small. */
function chunkSize(compressed: number): number {
  return Math.min(Math.max(compressed * 4, 16 * 1024), 16 * 1024 * 1024);
}

/** Loaded when it is first wanted: small values are not compressed, and a worker starts sooner without it. */
function zlib() {
  return process.getBuiltinModule("node:zlib");
}
