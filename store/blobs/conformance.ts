import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { BlobStore, LocalBlobStore } from "./blobs.ts";

/** What every blob store must do. `open` answers an empty store. */
export function blobConformance(open: () => BlobStore | Promise<BlobStore>): void {
  test.each([0, 1, 1000, 3_000_000])("a blob of %i bytes comes back as it was written", async (size) => {
    const store = await open();
    const bytes = pattern(size);
    await store.write(sha256(bytes), [bytes]);
    expect(Buffer.compare(await store.read(sha256(bytes)), bytes)).toBe(0);
  });

  test("a blob may be written in many segments, some of them empty", async () => {
    const store = await open();
    const bytes = pattern(5000);
    const segments: Uint8Array[] = Array.from({ length: 2500 }, (_, i) => bytes.subarray(i * 2, i * 2 + 2));
    segments.splice(7, 0, new Uint8Array());
    await store.write(sha256(bytes), segments);
    expect(Buffer.compare(await store.read(sha256(bytes)), bytes)).toBe(0);
  });

  test("a segment may be a part of larger memory", async () => {
    const store = await open();
    const part = pattern(100).subarray(10, 20);
    await store.write(sha256(part), [part]);
    expect([...(await store.read(sha256(part)))]).toEqual([...part]);
  });

  test("the store says which blobs it has", async () => {
    const store = await open();
    expect(await store.has(sha256("a"))).toBe(false);
    await store.write(sha256("a"), [Buffer.from("a")]);
    expect(await store.has(sha256("a"))).toBe(true);
    expect(await store.has(sha256("b"))).toBe(false);
  });

  test.each([0, 5, 20_000_000])(
    "the store tells the MD5 of a blob of %i bytes, and none of one that is not there",
    async (size) => {
      const store = await open();
      const bytes = pattern(size);
      expect(await store.md5(sha256(bytes))).toBeUndefined();
      await store.write(sha256(bytes), [bytes]);
      expect(await store.md5(sha256(bytes))).toBe(createHash("md5").update(bytes).digest("hex"));
    },
  );

  test("a blob that is not there is told as missing, by its hash", async () => {
    const store = await open();
    const hash = sha256("never written");
    const missing = expect.objectContaining({
      code: "blob.missing",
      message: expect.stringContaining(hash) as string,
    });
    await expect(store.read(hash)).rejects.toThrow(missing);
  });

  test("bytes that do not have the hash they are written under are refused and leave nothing behind", async () => {
    const store = await open();
    const hash = sha256("one thing");
    await expect(store.write(hash, [Buffer.from("another")])).rejects.toMatchObject({
      code: "blob.mismatch",
    });
    expect(await store.has(hash)).toBe(false);
  });

  test("writing a blob again changes nothing", async () => {
    const store = await open();
    for (let i = 0; i < 3; i++) await store.write(sha256("again"), [Buffer.from("again")]);
    expect(Buffer.from(await store.read(sha256("again"))).toString()).toBe("again");
  });

  test("many may write one blob at once, and many blobs", async () => {
    const store = await open();
    const texts = Array.from({ length: 200 }, (_, i) => `text ${i % 20}`);
    await Promise.all(texts.map((text) => store.write(sha256(text), [Buffer.from(text)])));
    const read = await Promise.all(texts.map((text) => store.read(sha256(text))));
    expect(read.map((bytes) => Buffer.from(bytes).toString())).toEqual(texts);
  });

  test("what was written does not change with the memory it came from, nor with what a reader does to it", async () => {
    const store = await open();
    const bytes = Buffer.from("as it was");
    const hash = sha256(bytes);
    await store.write(hash, [bytes]);
    bytes.fill(0);
    (await store.read(hash)).fill(1);
    expect(Buffer.from(await store.read(hash)).toString()).toBe("as it was");
  });
}

/** What every blob store of this machine must do besides. */
export function localBlobConformance(open: () => LocalBlobStore): void {
  blobConformance(open);

  test.each([0, 1, 1000, 3_000_000])("a blob of %i bytes is written and read at once", async (size) => {
    const store = open();
    const bytes = pattern(size);
    store.writeSync(sha256(bytes), [bytes]);
    expect(Buffer.compare(store.readSync(sha256(bytes)), bytes)).toBe(0);
    expect(Buffer.compare(await store.read(sha256(bytes)), bytes)).toBe(0);
  });

  test("a blob that is read at once is the reader's own", () => {
    const store = open();
    store.writeSync(sha256("as it was"), [Buffer.from("as it was")]);
    store.readSync(sha256("as it was")).fill(1);
    expect(Buffer.from(store.readSync(sha256("as it was"))).toString()).toBe("as it was");
  });

  test("at once as well, what is not there is missing and what has another hash is refused", () => {
    const store = open();
    const hash = sha256("one thing");
    const failure = (code: string) => expect.objectContaining({ code });
    expect(() => store.readSync(hash)).toThrow(failure("blob.missing"));
    expect(() => store.writeSync(hash, [Buffer.from("another")])).toThrow(failure("blob.mismatch"));
    expect(() => store.readSync(hash)).toThrow(failure("blob.missing"));
  });
}

function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function pattern(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++) bytes[i] = i * 31 + (i >>> 8);
  return bytes;
}
