import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { childProgram } from "../blobs/child.ts";

const MB = 1024 ** 2;
const SIZE = 128 * MB;

const folder = mkdtempSync(join(tmpdir(), "millrace-large-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How much memory a program needs at most, beside what Node itself needs, as a multiple of the value's size. */
async function memoryOf(program: string): Promise<number> {
  const run = await childProgram(
    import.meta.dirname,
    `
      import { packValue, unpackValue } from "./pack.ts";
      import { openFileBlobs } from "../blobs/files/file-blobs.ts";
      import { readFileSync, writeFileSync } from "node:fs";
      const peak = () => process.resourceUsage().maxRSS * 1024;
      const before = peak();
      const blobs = openFileBlobs(${JSON.stringify(folder)});
      const kept = ${JSON.stringify(join(folder, "ref.json"))};
      ${program}
      console.log((peak() - before) / ${SIZE});
    `,
  );
  return Number(await run());
}

const write = (value: string) => `
  const data = new Float64Array(${SIZE} / 8);
  for (let i = 0; i < data.length; i++) data[i] = i / 3;
  const { ref, blob } = packValue(${value});
  blobs.writeSync(blob.hash, blob.bytes);
  writeFileSync(kept, JSON.stringify(ref));
`;
const read = `
  const value = unpackValue(JSON.parse(readFileSync(kept, "utf8")), blobs.readSync);
  const data = value.data ?? value;
  if (data.length !== ${SIZE} / 8 || data.at(-1) !== (data.length - 1) / 3) throw new Error("not what was written");
`;

describe("a value of 128 MiB", () => {
  test("that is one array is written from its own memory and read into it", async () => {
    expect(await memoryOf(write("data"))).toBeLessThan(1.5);
    expect(await memoryOf(read)).toBeLessThan(1.5);
  });

  test("that stands among others is copied once at most", async () => {
    expect(await memoryOf(write("{ data, unit: 'mm' }"))).toBeLessThan(1.5);
    expect(await memoryOf(read)).toBeLessThan(2.5);
  });
});
