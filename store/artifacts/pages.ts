import { MillraceError } from "../../graph/errors.ts";
import { encodeValue } from "./encode.ts";
import type { ValueRef } from "./manifest.ts";
import { pathStep } from "./refuse.ts";
import { seal, type Sealed } from "./seal.ts";
import { joinSmall, sizeOf, type Segments } from "./segments.ts";
import { MAJOR, TAG } from "./tags.ts";

/** The items of a foreach, cut into blobs of `pageSize` items each (the last may have fewer). */
export interface PackedPages {
  readonly width: number;
  readonly pageSize: number;
  /** `size` is the number of the page's bytes before compression. */
  readonly pages: readonly (Sealed & { readonly size: number })[];
}

/** A page has as many items as come to about this many bytes, going by the first few … */
const PAGE_BYTES = 256 * 1024;
const SAMPLED_ITEMS = 100;
/** … and no more than this, for a child reads the whole page to get at its own item. */
const PAGE_ITEMS = 1000;
/** There are no more pages than this, so that their names fit in one item of the ledger (DynamoDB: 400 KB). */
const MOST_PAGES = 4000;

/**
 * Packs the items so that child i of a foreach finds its own in page ⌊i / pageSize⌋. A page is a CBOR array of items that
 * are each encoded on their own (tag 24): an object that two items share is two once it is read.
 *
 * `name` is what the list is called in an error's path. Throws MillraceError `artifact.unsupported` as encodeValue does.
 */
export function packPages(items: Iterable<unknown>, name = "value"): PackedPages {
  const encoded = Array.from(items, (item, i) => encodeValue(item, () => name + pathStep(i)));
  const pageSize = pageSizeOf(encoded);
  const pages = [];
  for (let from = 0; from < encoded.length; from += pageSize) {
    const segments = encodePage(encoded.slice(from, from + pageSize));
    pages.push({ ...seal(segments), size: sizeOf(segments) });
  }
  return { width: encoded.length, pageSize, pages };
}

/** Where child `i` of a foreach finds its item. */
export function itemRef(
  { pages, pageSize }: { readonly pages: readonly string[]; readonly pageSize: number },
  i: number,
): ValueRef {
  const blob = pages[Math.floor(i / pageSize)];
  if (blob === undefined) throw new RangeError(`there is no item ${i} in ${pages.length} pages of ${pageSize}`);
  return { blob, size: 0, at: i % pageSize };
}

/** The encoded item at a place of a page; those before it are passed over unread. */
export function itemBytes(page: Uint8Array, at: number): Uint8Array {
  const bytes = new DataView(page.buffer, page.byteOffset, page.byteLength);
  try {
    if (bytes.getUint8(0) !== (MAJOR.array | 26) || at >= bytes.getUint32(1))
      throw new RangeError(`it has no item ${at}`);
    let pos = 5;
    for (let i = 0; i < at; i++) pos += ITEM_HEAD + bytes.getUint32(pos + ITEM_HEAD - 4);
    const end = pos + ITEM_HEAD + bytes.getUint32(pos + ITEM_HEAD - 4);
    if (end > page.length) throw new RangeError(`it ends inside item ${at}`);
    return page.subarray(pos + ITEM_HEAD, end);
  } catch (error) {
    throw new MillraceError("artifact.damaged", `The stored page is damaged: ${(error as Error).message}`, {
      hint: "Run the step that made it again.",
      cause: error,
    });
  }
}

function pageSizeOf(items: readonly Segments[]): number {
  const sample = items.slice(0, SAMPLED_ITEMS);
  const mean = sample.reduce((sum, item) => sum + sizeOf(item), 0) / Math.max(1, sample.length);
  const fitting = Math.min(Math.floor(PAGE_BYTES / Math.max(1, mean)), PAGE_ITEMS);
  return Math.max(1, fitting, Math.ceil(items.length / MOST_PAGES));
}

/** Every head is as long as the longest, so that items are passed over by adding up their lengths. */
const ITEM_HEAD = 7;

function encodePage(items: readonly Segments[]): Uint8Array[] {
  const count = Buffer.from([MAJOR.array | 26, 0, 0, 0, 0]);
  count.writeUInt32BE(items.length, 1);
  const segments: Uint8Array[] = [count];
  for (const item of items) {
    const head = Buffer.from([MAJOR.tag | 24, TAG.embedded, MAJOR.bytes | 26, 0, 0, 0, 0]);
    head.writeUInt32BE(sizeOf(item), 3);
    segments.push(head, ...item);
  }
  return joinSmall(segments, PAGE_BYTES);
}
