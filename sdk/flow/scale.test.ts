import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const tsc = createRequire(import.meta.url)
  .resolve("typescript/package.json")
  .replace("package.json", "bin/tsc");
const settings =
  "--ignoreConfig --noEmit --strict --skipLibCheck --target es2023 --module nodenext --allowImportingTsExtensions --types";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-types-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A flow whose every step reads the artifact of the one before, and whose last reads that of step `read`. */
function chain(steps: number, read: number): string {
  const lines = Array.from({ length: steps - 1 }, (_, i) => {
    return `  .step("s${i + 1}", ({ a${i} }) => ({ a${i + 1}: a${i} + 1, last: "s${i + 1}" }))`;
  });
  return [
    `import { flow } from ${JSON.stringify(join(import.meta.dirname, "flow.ts"))};`,
    `export const built = flow("Chain")`,
    `  .step("s0", () => ({ a0: 0 }))`,
    ...lines,
    `  .step("end", ({ a${read}, last }) => ({ sum: (a${read} satisfies number) + last.length }));`,
  ].join("\n");
}

describe.each([100, 300])("a chain of %i steps", (length) => {
  test("type-checks, each step seeing the artifacts of those before", { timeout: 120_000 }, async () => {
    expect(await complaints("good", chain(length, length - 1))).toEqual([]);
  });

  test("still shows a mistake in its last step", { timeout: 120_000 }, async () => {
    expect(await complaints("bad", chain(length, length))).toEqual([
      expect.stringContaining(`Property 'a${length}' does not exist`),
    ]);
  });

  async function complaints(name: string, text: string): Promise<string[]> {
    const file = join(folder, `${name}-${length}.ts`);
    await writeFile(file, text);
    const output = await new Promise<string>((resolve) => {
      const words = [tsc, ...settings.split(" "), "node", "--pretty", "false", file];
      // tsc looks for the types of Node from the folder that it runs in.
      const options = { cwd: import.meta.dirname, maxBuffer: 1 << 24 };
      execFile(process.execPath, words, options, (_, stdout) => resolve(stdout));
    });
    return output.split("\n").filter((line) => /error TS/.test(line));
  }
});
