import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository, SOURCE_FOLDERS } from "./support/source-files.ts";

/** Of a file: who attacks what, and what each of the tests sees refused. */
interface Attack {
  readonly by: string;
  readonly file: string;
  readonly tries: readonly string[];
}

const NAME = /^(\s*)(?:describe|test)(?:\.\w+(?:\([^"`]*\))?)?\(\s*["`]attack: (.+?)["`],/gm;
const INNER = /^\s*test(?:\.(?:each|skipIf|runIf)(?:<[^>]*>)?\((?:.*?\)\(|[^]*?\n\s*\]\)\())?\(?\s*["`](.+?)["`],/gm;

/** What follows in the block that a line opens: all that is indented further than it. */
function blockAfter(text: string, from: number, indent: string): string {
  const end = text.indexOf(`\n${indent}});`, from);
  return text.slice(from, end === -1 ? undefined : end);
}

function attacksIn(file: string): Attack[] {
  const text = readFileSync(join(repository, file), "utf8");
  return Array.from(text.matchAll(NAME), ({ 0: all, 1: indent = "", 2: by = "", index }) => {
    if (!all.trimStart().startsWith("describe")) return { by, file, tries: [] };
    const tries = Array.from(
      blockAfter(text, index + all.length, indent.replace(/^\n+/, "")).matchAll(INNER),
      ([, title = ""]) => title,
    );
    return { by, file, tries };
  });
}

const attacks = [...SOURCE_FOLDERS, "test"]
  .flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
  )
  .filter((file) => file.endsWith(".test.ts"))
  .toSorted()
  .flatMap(attacksIn);

function page(): string {
  const whole = attacks.filter(({ tries }) => tries.length > 0);
  const single = attacks.filter(({ tries }) => tries.length === 0);
  return [
    "# What attackers try, and see refused",
    "",
    "Each line is a test that makes the attack. `npm run test:security` runs them, and those that give every door inputs that",
    "nobody meant (`test/fuzz/`); `npm test` does too. What they are about is in [security.md](security.md).",
    ...whole.flatMap(({ by, file, tries }) => [
      "",
      `## ${by.charAt(0).toUpperCase()}${by.slice(1)}`,
      "",
      `In \`${file}\`:`,
      "",
      ...tries.map((one) => `- ${one}`),
    ]),
    "",
    "## By themselves",
    "",
    ...single.map(({ by, file }) => `- ${by} (\`${file}\`)`),
    "",
  ].join("\n");
}

test("docs/attacks.md lists every attack that a test makes (npx vitest run test/attacks.test.ts -u makes it anew)", async () => {
  const empty = attacks.filter(({ by, tries }) => tries.length === 0 && by.length < 20);
  expect(empty).toEqual([]);
  expect(attacks.length).toBeGreaterThan(15);
  await expect(page()).toMatchFileSnapshot(join(repository, "docs", "attacks.md"));
});
