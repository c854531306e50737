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

/** A flow of switches, branches, foreach and loops in a row, whose cases overwrite an artifact again and again. */
function mixed(rounds: number, read: string): string {
  const parts = Array.from({ length: rounds }, (_, i) => {
    return `
  .switch("kind", {
    a: (s) => s.step("a${i}", ({ out }) => ({ out: out + 1, u${i}: 1 })),
    b: (s) => s.step("b${i}", () => ({ u${i}: "x" })),
  })
  .branch({ p: (b) => b.step("p${i}", () => ({ x: 1 })), q: (b) => b.step("q${i}", () => ({ y: 1 })) })
  .join("pq${i}", ({ p, q }) => ({ sum: p.x + q.y }))
  .foreach("list", { as: "item" }, (e) => e.step("f${i}", ({ item }) => ({ z: item })))
  .join("fs${i}", (branches) => ({ zs: branches.pluck("z") }))
  .loop({ while: "more", max: 3 }, (l) => l.step("l${i}", () => ({ more: true })))`;
  });
  return [
    `import { flow } from ${JSON.stringify(join(import.meta.dirname, "flow.ts"))};`,
    `export const built = flow("Mixed")`,
    `  .step("start", () => ({ kind: "a" as "a" | "b", out: 0, list: [1] }))${parts.join("")}`,
    `  .step("end", ({ ${read} }) => { const known: string | number = ${read}; void known; });`,
  ].join("\n");
}

/** What tsc has against a module. */
async function complaints(name: string, text: string): Promise<string[]> {
  const file = join(folder, `${name}.ts`);
  await writeFile(file, text);
  const output = await new Promise<string>((resolve) => {
    const words = [tsc, ...settings.split(" "), "node", "--pretty", "false", file];
    // tsc looks for the types of Node from the folder that it runs in.
    const options = { cwd: import.meta.dirname, maxBuffer: 1 << 24 };
    execFile(process.execPath, words, options, (_, stdout) => resolve(stdout));
  });
  return output.split("\n").filter((line) => /error TS/.test(line));
}

describe.each([100, 300])("a chain of %i steps", (length) => {
  test("type-checks, each step seeing the artifacts of those before", { timeout: 120_000 }, async () => {
    expect(await complaints(`good-${length}`, chain(length, length - 1))).toEqual([]);
  });

  test("still shows a mistake in its last step", { timeout: 120_000 }, async () => {
    expect(await complaints(`bad-${length}`, chain(length, length))).toEqual([
      expect.stringContaining(`Property 'a${length}' does not exist`),
    ]);
  });
});

describe("a flow of 15 switches, branches, foreach and loops", () => {
  test("type-checks", { timeout: 120_000 }, async () => {
    expect(await complaints("good-mixed", mixed(15, "u14"))).toEqual([]);
  });

  test("still shows a mistake in its last step", { timeout: 120_000 }, async () => {
    expect(await complaints("bad-mixed", mixed(15, "u15"))).toEqual([
      expect.stringContaining("Property 'u15' does not exist"),
    ]);
  });
});
