import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openMemoryBlobs } from "../blobs/memory.ts";
import { decodeValue } from "./decode.ts";
import { INLINE_BYTES } from "./manifest.ts";
import { bytesOf, itemRef, packList, packPages, packValue, unpackValue } from "./pack.ts";

function carried<T>(value: T) {
  const blobs = openMemoryBlobs();
  const { ref, blob } = packValue(value);
  if (blob) blobs.writeSync(blob.hash, blob.bytes);
  return {
    value: unpackValue(ref, blobs.readSync) as T,
    ref,
    stored: blob?.bytes.reduce((sum, { length }) => sum + length, 0),
    blobs,
  };
}

const noise = (size: number) => new Uint8Array(randomBytes(size));
const large = new Float64Array(200_000).fill(0.1);
const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: i, title: `The movie ${i}`, genre: "Drama" }));

describe("packing a value", () => {
  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["a number", 7],
    ["a small object", { a: 1, b: [new Date(0)] }],
    ["a string just short enough", "x".repeat(INLINE_BYTES - 3)],
  ])("%s rides in the reference", (_, value) => {
    const { value: back, stored } = carried(value);
    expect(stored).toBeUndefined();
    expect(back).toStrictEqual(value);
  });

  test.each<[string, unknown]>([
    ["a string just too long", "x".repeat(INLINE_BYTES - 2)],
    ["rows", rows(100)],
    ["many rows", rows(50_000)],
    ["bytes among other things", { bytes: noise(20_000), more: [noise(3_000_000), "text"] }],
    ["a large Float64Array", new Float64Array(200_000).map((_v, i) => i / 3)],
    ["a large Buffer", Buffer.from(noise(2_000_000))],
    ["a large ArrayBuffer", noise(2_000_000).buffer],
    ["a large DataView", new DataView(noise(2_000_000).buffer)],
    ["a long text", "žluť ".repeat(1_000_000)],
    ["one large array twice", [large, large]],
  ])("%s goes into a blob and comes back", (_, value) => {
    const { value: back, stored } = carried(value);
    expect(stored).toBeGreaterThan(0);
    expect(isDeepStrictEqual(back, value)).toBe(true);
  });

  test("equal values have the same reference", () => {
    expect(packValue(rows(1000)).ref).toEqual(packValue(rows(1000)).ref);
  });

  test("the reference tells the size before compression", () => {
    const { ref, blobs } = carried(rows(1000));
    expect(bytesOf(ref, blobs.readSync)).toHaveLength(ref.size);
  });

  test.each([
    ["rows", 100, rows],
    ["many rows", 100_000, rows],
    ["a long text", 3_000_000, (size: number) => "abcdefgh".repeat(size / 8)],
  ])("%s are compressed", (_, size, make) => {
    const { ref, stored } = carried(make(size));
    expect(stored).toBeLessThan(ref.size / 2);
  });

  test.each([10_000, 2_000_000])("%i bytes of noise are stored as they are", (size) => {
    const { ref, stored } = carried([noise(size), 1]);
    expect(stored).toBe(ref.size);
  });

  test("a large array's blob is its memory, neither copied nor changed", () => {
    const array = new Float64Array(200_000);
    const { blob } = packValue(array);
    expect(blob!.bytes.map(({ buffer }) => buffer)).toEqual([array.buffer]);
    expect(blob!.bytes[0]).toHaveLength(array.byteLength);
  });

  test("a large array that was read is the memory it was read into", () => {
    const array = new Float64Array(200_000).fill(0.5);
    const { ref, blob } = packValue(array);
    const read = Buffer.allocUnsafeSlow(array.byteLength);
    read.set(blob!.bytes[0]!);
    expect((unpackValue(ref, () => read) as Float64Array).buffer).toBe(read.buffer);
  });

  test("a large array does not share memory with other things that were read along with it", () => {
    const array = new Float64Array(200_000).fill(0.5);
    const { ref, blob } = packValue(array);
    const read = Buffer.allocUnsafeSlow(array.byteLength + 16).subarray(8, 8 + array.byteLength);
    read.set(blob!.bytes[0]!);
    expect((unpackValue(ref, () => read) as Float64Array).buffer.byteLength).toBe(array.byteLength);
  });

  test("the encoding of any reference is CBOR on its own", () => {
    for (const value of [1, rows(1000), new Float64Array(200_000).fill(2)]) {
      const { ref, blobs } = carried<unknown>(value);
      expect(isDeepStrictEqual(decodeValue(bytesOf(ref, blobs.readSync)), value)).toBe(true);
    }
  });

  test("what is not data is refused by the artifact's name", () => {
    expect(() => packValue({ fit: () => 1 }, "model")).toThrow(
      expect.objectContaining({ code: "artifact.unsupported", message: "model.fit is a function" }),
    );
  });

  test.each([
    ["a gzip stream cut short", (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2)],
    ["something else", () => Buffer.from([0xff, 1, 2])],
    ["nothing", () => new Uint8Array()],
  ])("%s in place of the blob is told as damaged", (_, damage) => {
    const { ref, blobs } = carried(rows(1000));
    expect(() => unpackValue(ref, (hash) => damage(blobs.readSync(hash)))).toThrow(
      expect.objectContaining({ code: "artifact.damaged" }),
    );
  });

  test("attack: a blob that unpacks to more than its reference says is not unpacked", () => {
    const { ref } = carried(rows(1000));
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect(() => bytesOf(ref, () => bomb)).toThrow(expect.objectContaining({ code: "artifact.damaged" }));
  });
});

function pagesOf(items: Iterable<unknown>) {
  const blobs = openMemoryBlobs();
  const { width, pageSize, pages } = packPages(items);
  for (const { hash, bytes } of pages) blobs.writeSync(hash, bytes);
  const control = { pageSize, pages: pages.map(({ hash }) => hash) };
  return {
    width,
    pageSize,
    pages,
    item: (i: number) => unpackValue(itemRef(control, i), blobs.readSync),
  };
}

describe("packing a foreach's items in pages", () => {
  test("an empty list has no page", () => {
    expect(pagesOf([])).toMatchObject({ width: 0, pages: [] });
  });

  test("each child finds its own item", () => {
    fc.assert(
      fc.property(
        fc.array(fc.anything({ withDate: true, withMap: true, withSet: true }), {
          minLength: 1,
          maxLength: 30,
        }),
        (list) => {
          const { width, item } = pagesOf(list);
          expect(Array.from({ length: width }, (_, i) => item(i))).toStrictEqual(structuredClone(list));
        },
      ),
    );
  });

  test("ten thousand items stand in pages of at most a thousand", () => {
    const { pages, item } = pagesOf(Array.from({ length: 10_000 }, (_, i) => i));
    expect(pages).toHaveLength(10);
    expect([0, 999, 1000, 9999].map(item)).toEqual([0, 999, 1000, 9999]);
  });

  test("pages of larger items have fewer", () => {
    const { pageSize, pages } = pagesOf(Array.from({ length: 100 }, () => noise(50_000)));
    expect(pageSize).toBe(5);
    expect(pages.every(({ size }) => size < 300_000)).toBe(true);
  });

  test("there are never more pages than a control value has room to name", () => {
    const { pages } = pagesOf(Array.from({ length: 8_001 }, (_, i) => "x".repeat(i < 100 ? 262_144 : 1)));
    expect(pages.length).toBeLessThanOrEqual(4000);
  });

  test.each<[string, Iterable<unknown>, unknown[]]>([
    ["a Set", new Set(["a", "b"]), ["a", "b"]],
    ["a Map", new Map([["a", 1]]), [["a", 1]]],
    ["a typed array", new Float64Array([0.5]), [0.5]],
  ])("%s is a list of items", (_, items, expected) => {
    const { width, item } = pagesOf(items);
    expect(Array.from({ length: width }, (_v, i) => item(i))).toEqual(expected);
  });

  test("an object that items share comes whole with each", () => {
    const shared = { big: "x".repeat(100) };
    const { item } = pagesOf([{ shared, same: shared }, { shared }]);
    expect(item(1)).toStrictEqual({ shared });
    const first = item(0) as { shared: unknown; same: unknown };
    expect(first.same).toBe(first.shared);
  });

  test("an item that is not data is refused by its place in the list", () => {
    expect(() => packPages([1, { fit: () => 1 }], "models")).toThrow(
      expect.objectContaining({ message: "models[1].fit is a function" }),
    );
  });

  test.each([
    ["a page that has fewer items", () => packPages([1]).pages[0]!.bytes],
    ["a page cut short", () => [packPages([1, 2, 3, "four"]).pages[0]!.bytes[0]!.subarray(0, 30)]],
    ["something else", () => [Buffer.from("something else")]],
  ])("%s is told as damaged", (_, bytes) => {
    const page = Buffer.concat(bytes());
    expect(() => unpackValue({ blob: `not cached ${page.toString("hex")}`, size: 0, at: 3 }, () => page)).toThrow(
      expect.objectContaining({ code: "artifact.damaged" }),
    );
  });
});

const values = fc.anything({ withDate: true, withMap: true, withSet: true, withTypedArray: true, withBigInt: true });

/** Numbers how often the property of each was read, which is how often it was encoded. */
function counted(count: number) {
  const reads = Array.from({ length: count }, () => 0);
  const items = reads.map((_, i) => ({
    get title() {
      reads[i]!++;
      return `The movie ${i}`;
    },
  }));
  return { items, reads };
}

describe("packing a list that a foreach goes over", () => {
  test("gives the artifact and the pages that each would be by itself", () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 30 }), (list) => {
        const { pages, ...packed } = packList(list);
        expect(packed).toEqual(packValue(list));
        expect(pages).toEqual(packPages(list));
      }),
    );
  });

  test.each<[string, Iterable<unknown>]>([
    ["ten thousand rows", rows(10_000)],
    ["rows in a Set", new Set(rows(3000))],
    ["texts longer than a segment", ["a".repeat(70_000), "b", "ž".repeat(200_000), "", "c".repeat(9_000)]],
    ["bytes among other things", [noise(9_000), { data: noise(20_000) }, 1, noise(0), [noise(8_192)]]],
    ["a Map", new Map([["a", 1]])],
    ["a typed array", new Float64Array([0.5, 1])],
    ["an array with a hole", Object.assign([1, 2], { 5: 3 })],
    ["an array with a property besides", Object.assign([{ a: 1 }], { total: 1 })],
    ["an array that holds itself", cyclic()],
    ["nothing", []],
  ])("%s: the artifact and the pages that each would be by itself", (_, list) => {
    const { pages, ref, blob } = packList(list);
    const alone = packValue(list);
    expect(ref).toEqual(alone.ref);
    expect(blob && Buffer.concat(blob.bytes)).toEqual(alone.blob && Buffer.concat(alone.blob.bytes));
    expect(pages.pages.map(({ hash, size }) => ({ hash, size }))).toEqual(
      packPages(list).pages.map(({ hash, size }) => ({ hash, size })),
    );
  });

  test("encodes each item once", () => {
    const { items, reads } = counted(2500);
    packList(items);
    expect(Math.max(...reads)).toBe(1);
  });

  test("leaves an object that items share one in the artifact, and gives each child the whole of it", () => {
    const shared = { big: "x".repeat(2000) };
    const blobs = openMemoryBlobs();
    const { ref, blob, pages } = packList([{ shared }, { shared }]);
    for (const { hash, bytes } of [blob!, ...pages.pages]) blobs.writeSync(hash, bytes);
    const [first, second] = unpackValue(ref, blobs.readSync) as { shared: unknown }[];
    expect(first!.shared).toBe(second!.shared);
    const control = { pageSize: pages.pageSize, pages: pages.pages.map(({ hash }) => hash) };
    expect(unpackValue(itemRef(control, 1), blobs.readSync)).toStrictEqual({ shared });
  });

  test("goes by what a list of the author's own gives out, and keeps what it is", () => {
    const list = [1, 2, 3];
    list[Symbol.iterator] = () => [7][Symbol.iterator]();
    expect(packList(list).pages.width).toBe(1);
    expect(packList(list).ref).toEqual(packValue([1, 2, 3]).ref);
  });

  test("refuses an item that is not data by its place in the list", () => {
    expect(() => packList([1, { fit: () => 1 }], "models")).toThrow(
      expect.objectContaining({ message: "models[1].fit is a function" }),
    );
  });

  test("refuses what gives out items without end", () => {
    const endless = (function* () {
      for (;;) yield 1;
    })();
    expect(() => packList(endless, "rows")).toThrow(expect.objectContaining({ code: "artifact.unsupported" }));
  });
});

function cyclic(): unknown[] {
  const list: unknown[] = [1];
  list.push({ list });
  return list;
}

describe("reading a foreach's items one after the other", () => {
  afterEach(() => void vi.restoreAllMocks());

  /** Stored pages, with what is read of them counted. */
  function stored(items: readonly unknown[]) {
    const { pageSize, pages } = packPages(items);
    const byHash = new Map(pages.map(({ hash, bytes }) => [hash, Buffer.concat(bytes)]));
    const opened: string[] = [];
    const read = (hash: string) => {
      opened.push(hash);
      return byHash.get(hash)!;
    };
    const control = { pageSize, pages: pages.map(({ hash }) => hash) };
    return { opened, item: (i: number) => unpackValue(itemRef(control, i), read) };
  }

  test("looks at the head of each item once, not at those of all before it again", () => {
    const { item } = stored(Array.from({ length: 1000 }, (_, i) => `counted ${i}`));
    const heads = vi.spyOn(DataView.prototype, "getUint32");
    for (let i = 0; i < 1000; i++) expect(item(i)).toBe(`counted ${i}`);
    // The page's own head says each time how many there are.
    expect(heads.mock.calls.length).toBeLessThanOrEqual(2 * 1000);
  });

  test("finds those before and after in any order", () => {
    const { item } = stored(Array.from({ length: 50 }, (_, i) => i * i));
    expect([30, 2, 49, 0, 31].map(item)).toEqual([900, 4, 2401, 0, 961]);
  });

  test("reads the page of each foreach around them once", () => {
    const outer = stored(Array.from({ length: 3 }, (_, i) => `outer ${i}`));
    const inner = stored(Array.from({ length: 300 }, (_, i) => `inner ${i}`));
    for (let i = 0; i < 300; i++) {
      expect(outer.item(Math.floor(i / 100))).toBe(`outer ${Math.floor(i / 100)}`);
      expect(inner.item(i)).toBe(`inner ${i}`);
    }
    expect([outer.opened.length, inner.opened.length]).toEqual([1, 1]);
  });

  test("keeps no more of large pages than a few", () => {
    const { item, opened } = stored(Array.from({ length: 9 }, () => noise(1024 * 1024)));
    for (const i of [0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 0]) item(i);
    expect(opened).toHaveLength(10);
  });
});
