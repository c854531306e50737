import { decodeValue } from "./decode.ts";
import { encodeValue } from "./encode.ts";
import { INLINE_BYTES, type ValueRef } from "./manifest.ts";
import { itemBytes } from "./pages.ts";
import { seal, unseal, type Sealed } from "./seal.ts";
import { sizeOf, type Segments } from "./segments.ts";
import { hashOf } from "../blobs/hash.ts";

export { itemRef, packPages } from "./pages.ts";
export type { Sealed } from "./seal.ts";

/** Gets a blob's bytes, which are then the caller's own. */
export type ReadBlob = (hash: string) => Uint8Array;

/** An array at least this large that is the whole value becomes a blob of just its memory. */
const BARE_BYTES = 1024 * 1024;
/** Tag and length of such an array take no more. */
const HEAD_BYTES = 16;

/**
 * A value as an artifact: where it will be, and the blob that must be written for it, if it does not ride in the
 * reference itself. The blob's bytes may be views on the value's memory: write them before it changes, and write the
 * very array given here, whose hash is known to the store already.
 *
 * `name` is the artifact's, for an error's path. Throws MillraceError `artifact.unsupported` for what is not data.
 */
export function packValue(value: unknown, name = "value"): { ref: ValueRef; blob?: Sealed } {
  const segments = encodeValue(value, name);
  const size = sizeOf(segments);
  if (size <= INLINE_BYTES) return { ref: { inline: join(segments).toString("base64"), size } };
  const [head, body] = segments as [Uint8Array, Uint8Array];
  if (segments.length === 2 && head.length <= HEAD_BYTES && body.length > BARE_BYTES) {
    const bytes = [body];
    const hash = hashOf(bytes);
    return {
      ref: { blob: hash, size, head: Buffer.from(head).toString("base64") },
      blob: { hash, bytes },
    };
  }
  const blob = seal(segments);
  return { ref: { blob: blob.hash, size }, blob };
}

/**
 * The value that was packed. It shares memory with what `read` answered only where it is one large array, which is then
 * that memory. Throws MillraceError `artifact.damaged`, and what `read` throws.
 */
export function unpackValue(ref: ValueRef, read: ReadBlob): unknown {
  if ("blob" in ref && ref.head !== undefined) return decodeValue(Buffer.from(ref.head, "base64"), read(ref.blob));
  return decodeValue(bytesOf(ref, read));
}

/** The value's encoding, uncompressed: CBOR that any reader of RFC 8949 can take apart. */
export function bytesOf(ref: ValueRef, read: ReadBlob): Uint8Array {
  if ("inline" in ref) return Buffer.from(ref.inline, "base64");
  if (ref.at !== undefined) return itemBytes(openPage(ref.blob, read), ref.at);
  if (ref.head !== undefined) return Buffer.concat([Buffer.from(ref.head, "base64"), read(ref.blob)]);
  return unseal(read(ref.blob));
}

/** Siblings that run one after the other in a worker find their items in the same page. Its hash says all that is in it. */
let lastPage: { readonly hash: string; readonly bytes: Uint8Array } | undefined;
const KEPT_BYTES = 4 * 1024 * 1024;

function openPage(hash: string, read: ReadBlob): Uint8Array {
  if (lastPage?.hash === hash) return lastPage.bytes;
  const bytes = unseal(read(hash));
  if (bytes.length <= KEPT_BYTES) lastPage = { hash, bytes };
  return bytes;
}

function join(segments: Segments): Buffer {
  return segments.length === 1 ? (segments[0] as Buffer) : Buffer.concat(segments);
}
