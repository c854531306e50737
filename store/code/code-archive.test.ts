import { brotliCompressSync, constants } from "node:zlib";
import { describe, expect, test } from "vitest";
import { packArchive, unpackArchive } from "./code-archive.ts";

test("a code archive has the same bytes for the same files", () => {
  const files = { "a.mjs": "export {}", "b.map": "{}" };
  expect(packArchive(files)).toEqual(packArchive({ ...files }));
});

test("what was packed is unpacked", () => {
  const files = { "flow.mjs": "export {}", "data/a b.csv": "1,2" };
  expect(unpackArchive(packArchive(files).bytes)).toEqual(files);
});

describe("attack: a code package", () => {
  const paths = ["../../.bashrc", "/etc/cron.d/x", "a/../../b", "C:\\x", "..\\x", "a\0b", "", "./a", "a//b"];
  test.each(paths)("whose file %j leads out of its folder is not unpacked", (path) => {
    const { bytes } = packArchive({ "flow.mjs": "", [path]: "x" });
    expect(() => unpackArchive(bytes)).toThrow(expect.objectContaining({ code: "code.damaged" }));
  });

  test.each([["[]"], ["null"], ["1"], ['{"a":1}'], ["{"]])("that holds %s and no files is not unpacked", (json) => {
    expect(() => unpackArchive(brotliCompressSync(json))).toThrow(expect.objectContaining({ code: "code.damaged" }));
  });

  test("that unpacks to more than 256 MiB is not unpacked", () => {
    const bomb = brotliCompressSync(Buffer.alloc(257 * 1024 * 1024), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
    });
    expect(bomb.length).toBeLessThan(64 * 1024);
    expect(() => unpackArchive(bomb)).toThrow(expect.objectContaining({ code: "code.damaged" }));
  });
});
