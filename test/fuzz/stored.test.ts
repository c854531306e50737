import { posix, win32 } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MillraceError } from "../../graph/errors.ts";
import { packArchive, unpackArchive } from "../../store/code/code-archive.ts";
import { decodeValue } from "../../store/artifacts/decode.ts";
import { encodeValue } from "../../store/artifacts/encode.ts";
import { bytesOf, unpackValue } from "../../store/artifacts/pack.ts";
import { damagedBytes, fuzzed, fuzzTimeout, MOST_MEMORY } from "./inputs.ts";

const value = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true });
const encoded = value.map((one) => {
  try {
    return Buffer.concat(encodeValue(one, "value"));
  } catch {
    // What an artifact cannot hold.
    return Buffer.from([0xf6]);
  }
});
const gzipped = encoded.map((bytes) => gzipSync(bytes));
const file = fc.oneof(fc.constantFrom("flow.mjs", "../x", "/x", "a/b"), fc.string({ maxLength: 9 }));
const archives = fc.oneof(
  fc.dictionary(file, fc.string()).map((files) => packArchive(files).bytes),
  fc.json().map((text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
);

/** Reads what may be damaged: it is read, or refused by one of these codes. */
function expectRead(read: () => unknown, ...codes: string[]): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof MillraceError && codes.includes(error.code))) throw error;
  }
}

describe("fuzz", { timeout: fuzzTimeout }, () => {
  test("an artifact's bytes, damaged or not, are read as a value or refused as damaged", () => {
    const before = process.memoryUsage().rss;
    const inputs = fc.oneof(encoded, damagedBytes(encoded), damagedBytes(gzipped), fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(inputs, fc.nat({ max: 2 ** 30 }), fc.option(fc.nat({ max: 2000 })), (bytes, size, at) => {
        expectRead(() => decodeValue(bytes), "artifact.damaged");
        const ref = { blob: "a".repeat(64), size, ...(at !== null && { at }) };
        expectRead(() => unpackValue(ref, () => bytes), "artifact.damaged");
        expectRead(
          () => bytesOf({ ...ref, head: Buffer.from(bytes).toString("base64") }, () => bytes),
          "artifact.damaged",
        );
      }),
      fuzzed,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(MOST_MEMORY);
  });

  test("a code package, damaged or not, is unpacked to files that stay in their folder or refused as damaged", () => {
    fc.assert(
      fc.property(fc.oneof(archives, damagedBytes(archives)), (bytes) => {
        expectRead(() => {
          for (const [path, text] of Object.entries(unpackArchive(bytes))) {
            expect(typeof text).toBe("string");
            for (const { resolve, relative } of [posix, win32])
              expect(relative(resolve("folder"), resolve("folder", path))).not.toMatch(/^$|^\.\.|^[A-Z]:|^[\\/]/);
          }
        }, "code.damaged");
      }),
      fuzzed,
    );
  });
});
