import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository, sourceFiles } from "./support/source-files.ts";

const sources = sourceFiles()
  .filter((file) => /(?<!\.test|\.test-d)\.ts$/.test(file) && !/conformance|fixtures|fakes|arbitrary/.test(file))
  .map((file) => ({ file, text: readFileSync(join(repository, file), "utf8") }));

/** Code alone: no comments, and of texts no more than what stands in their `${}`. */
const codeOf = (text: string) =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/\/\/.*$/gm, "")
    .replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""')
    .replaceAll(/`(?:[^`\\]|\\.)*`/g, (template) => (template.match(/\$\{[^}]*\}/g) ?? []).join(" "));

/** Words that only their writer knew, with what the glossary in CONTRIBUTING says in their place. */
const RIDDLES: Readonly<Record<string, string>> = {
  mend: "hint or fix",
  happening: "event",
  crew: "pool",
  hire: "start",
  hired: "started",
  hiring: "pool size",
  bury: "end",
  buried: "ended",
  teller: "events",
  books: "bookkeeping",
  tell: "emit, show or say",
  told: "what it is: the message, the finding, the events",
  untold: "unset",
};

test("no name has a word that the glossary replaces", () => {
  const found = sources.flatMap(({ file, text }) =>
    (codeOf(text).match(/[A-Za-z_$][\w$]*/g) ?? []).flatMap((name) => {
      const word = name.split(/(?=[A-Z])|_/).find((part) => Object.hasOwn(RIDDLES, part.toLowerCase()));
      return word === undefined ? [] : [`${file}: ${name}: say ${RIDDLES[word.toLowerCase()]}`];
    }),
  );
  expect(found).toEqual([]);
});

/** What is defined in two places on purpose: by the name, why. */
const TWICE: Readonly<Record<string, string>> = {
  handler: "what AWS Lambda calls in each function",
  run: "the command, the library's function, what stands for it in a bundle, and the schema of a run",
  plan: "the command and what it prints",
  trigger: "the command, the library's function and what stands for it in a bundle",
  register: "the library's function and what stands for it in a bundle",
};

/** The two ledgers have the same functions in the same files. */
const withoutStore = (file: string) => file.replace(/^store\/ledger\/(sqlite|dynamodb)\/.*/, "store/ledger");

test("no exported name means two things", () => {
  const places = new Map<string, Set<string>>();
  for (const { file, text } of sources) {
    for (const [, name] of text.matchAll(/^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm)) {
      places.set(name!, (places.get(name!) ?? new Set()).add(withoutStore(file)));
    }
  }
  expect(places.size).toBeGreaterThan(500);
  const twice = [...places].filter(([name, files]) => files.size > 1 && !Object.hasOwn(TWICE, name));
  expect(twice.map(([name, files]) => `${name}: ${[...files].join(", ")}`)).toEqual([]);
});
