import { decodeValue } from "./decode.ts";
import { encodeList, encodeValue } from "./encode.ts";
import { INLINE_BYTES, type ValueRef } from "./manifest.ts";
import { ItemPage, packItems, type PackedPages } from "./pages.ts";
import { seal, unseal, type Sealed } from "./seal.ts";
import { sizeOf, type Segments } from "./segments.ts";
import { hashOf } from "../blobs/hash.ts";

export { itemRef, packPages } from "./pages.ts";
export type { PackedPages } from "./pages.ts";
export type { Sealed } from "./seal.ts";

/** Gets a blob's bytes, which are then the caller's own. */
export type ReadBlob = (hash: string) => Uint8Array;

/** An array at least this large that is the whole value becomes a blob of just its memory. */
const BARE_BYTES = 1024 * 1024;
/** Tag and length of such an array take no more. */
const HEAD_BYTES = 16;

/** Where a value is, and the blob that must be written for it, if it does not ride in the reference itself. */
export interface PackedValue {
  readonly ref: ValueRef;
  readonly blob?: Sealed;
}

/**
 * A value as an artifact: where it will be, and the blob that must be written for it, if it does not ride in the
 * reference itself. The blob's bytes may be views on the value's memory: write them before it changes, and write the
 * very array given here, whose hash is known to the store already.
 *
 * `name` is the artifact's, for an error's path. Throws MillraceError `artifact.unsupported` for what is not data.
 */
export function packValue(value: unknown, name = "value"): PackedValue {
  return packEncoded(encodeValue(value, name));
}

/**
 * A list as an artifact and as the pages of a foreach's items. Each item is encoded once for both where the list is an array
 * or a Set in which nothing is referred to twice. Throws as packValue does.
 */
export function packList(list: Iterable<unknown>, name = "value"): PackedValue & { readonly pages: PackedPages } {
  const { whole, items } = encodeList(list, name);
  return { ...packEncoded(whole), pages: packItems(items) };
}

function packEncoded(segments: Uint8Array[]): PackedValue {
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
  if (ref.at !== undefined) return openPage(ref.blob, read).item(ref.at);
  if (ref.head !== undefined) return Buffer.concat([Buffer.from(ref.head, "base64"), read(ref.blob)]);
  return unseal(read(ref.blob), ref.size);
}

/**
 * Siblings that run one after the other find their items in the same page, in one for each foreach that they stand in. A
 * page's hash says all that is in it. Who was asked for last comes last.
 */
const keptPages = new Map<string, ItemPage>();
let keptBytes = 0;
/** More than this is not kept, of all pages together. */
const MOST_KEPT_BYTES = 4 * 1024 * 1024;
/** No page is larger: not every Node that is supported makes a larger buffer (2 GiB). */
const MOST_PAGE_BYTES = 2 ** 31;

function openPage(hash: string, read: ReadBlob): ItemPage {
  const kept = keptPages.get(hash);
  if (kept) {
    keptPages.delete(hash);
    keptPages.set(hash, kept);
    return kept;
  }
  const page = new ItemPage(unseal(read(hash), MOST_PAGE_BYTES));
  if (page.bytes.length > MOST_KEPT_BYTES) return page;
  keptPages.set(hash, page);
  keptBytes += page.bytes.length;
  for (const [oldest, { bytes }] of keptPages) {
    if (keptBytes <= MOST_KEPT_BYTES) break;
    keptPages.delete(oldest);
    keptBytes -= bytes.length;
  }
  return page;
}

function join(segments: Segments): Buffer {
  return segments.length === 1 ? (segments[0] as Buffer) : Buffer.concat(segments);
}
