import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository, sourceFiles } from "../test/support/source-files.ts";
import { ERROR_CODES } from "./error-codes.ts";

const AREAS: Readonly<Record<string, string>> = {
  account: "An AWS account",
  artifact: "Artifacts",
  attempt: "Attempts of tasks",
  blob: "Stored values",
  control: "What state machines go by",
  flow: "Flow files and deployed flows",
  graph: "What a flow says",
  machine: "State machines",
  parameter: "Parameters",
  plan: "millrace plan",
  profile: "Profiles",
  run: "Runs",
  server: "millrace emulate",
  stack: "The deployed stack",
  states: "Tests of state machines",
  step: "Steps",
  store: "The store on this machine",
  task: "Tasks",
};

/** The page: an area a heading, those with a single code together at the end. */
function page(): string {
  const byArea: Record<string, string[]> = {};
  const codes = Object.entries(ERROR_CODES);
  for (const isOther of [false, true]) {
    for (const [code, { what, fix }] of codes) {
      const area = AREAS[code.split(".")[0]!];
      if ((area === undefined) === isOther) (byArea[area ?? "Other"] ??= []).push(`### ${code}`, what, fix);
    }
  }
  const areas = Object.entries(byArea).map(([area, texts]) => [`## ${area}`, ...texts].join("\n\n"));
  return `# Errors

What a user can fix is a \`MillraceError\`. Its \`code\` is one of these and stays what it is, so that programs may go by it;
its message says of which flow, step, artifact or parameter it speaks, and what happened. A command with \`--json\` writes
the error to stderr as one line of JSON, the HTTP API answers with problem details (RFC 9457); both have the code.

Below each code stands what happened, then what to do about it.

${areas.join("\n\n")}
`;
}

test("docs/errors.md is what the codes say (npx vitest run graph/error-codes.test.ts -u makes it anew)", async () => {
  await expect(page()).toMatchFileSnapshot(join(repository, "docs", "errors.md"));
});

const sources = sourceFiles()
  .filter((file) => file.endsWith(".ts") && !/\.test(-d)?\.ts$|^graph\/error-codes\.ts$/.test(file))
  .map((file) => readFileSync(join(repository, file), "utf8"))
  .join("\n");

test("each code is one that something may fail with", () => {
  expect(Object.keys(ERROR_CODES).filter((code) => !sources.includes(`"${code}"`))).toEqual([]);
});

test("each says in sentences what happened and what to do", () => {
  const texts = Object.values(ERROR_CODES).flatMap(({ what, fix }) => [what, fix]);
  expect(texts.filter((text) => !/^[A-Z`].*\.$/.test(text))).toEqual([]);
});
