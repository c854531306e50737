import { MillraceError } from "../../graph/errors.ts";
import { encodeEach } from "./encode.ts";
import type { ValueRef } from "./manifest.ts";
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
  return packItems(encodeEach(items, name));
}

/** The same for items that are encoded already. */
export function packItems(items: readonly Segments[]): PackedPages {
  const pageSize = pageSizeOf(items);
  const pages = [];
  for (let from = 0; from < items.length; from += pageSize) {
    const segments = encodePage(items.slice(from, from + pageSize));
    pages.push({ ...seal(segments), size: sizeOf(segments) });
  }
  return { width: items.length, pageSize, pages };
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

/** A page that was read. Where its items begin is found out once for all of them, as far as anybody has asked. */
export class ItemPage {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Where the items begin that have been passed, and the next after them. */
  readonly #begins: number[] = [5];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The encoded item at a place; those before it are passed over unread. Throws MillraceError `artifact.damaged`. */
  item(at: number): Uint8Array {
    try {
      if (this.#view.getUint8(0) !== (MAJOR.array | 26) || at >= this.#view.getUint32(1))
        throw new RangeError(`it has no item ${at}`);
      const begins = this.#begins;
      for (let i = begins.length - 1; i <= at; i++) {
        const begin = begins[i]! + ITEM_HEAD;
        begins.push(begin + this.#view.getUint32(begin - 4));
      }
      const end = begins[at + 1]!;
      if (end > this.bytes.length) throw new RangeError(`it ends inside item ${at}`);
      return this.bytes.subarray(begins[at]! + ITEM_HEAD, end);
    } catch (error) {
      throw new MillraceError("artifact.damaged", `The stored page is damaged: ${(error as Error).message}`, {
        hint: "Run the step that made it again.",
        cause: error,
      });
    }
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
