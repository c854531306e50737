import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { isWidest } from "../widest.ts";
import { judgeRights, type Right } from "./rights-used.ts";
import { UNUSED_HERE } from "./why-unused.ts";

/**
 * After a whole run of the tests in an account, the widest too, lists the rights of the template that none of them has used,
 * but for those in why-unused.ts. Each account leaves a report at its end. It fails nothing: which rights a run comes by
 * depends on what was slow in it.
 */
export default function unusedRights({ vitest }: TestProject): () => void {
  const given = process.env["MILLRACE_TEST_RIGHTS"];
  const folder = given ?? mkdtempSync(join(tmpdir(), "millrace-rights-"));
  // Of this process and of those that run test files, which are started after it is set.
  process.env["MILLRACE_TEST_RIGHTS"] = folder;

  return () => {
    try {
      if (!ranAll(vitest)) return;
      const { superfluous, outdated } = judgeRights(readReports(folder), UNUSED_HERE);
      complain(
        "Rights of the template that no test has used. Take them away, or say why in why-unused.ts:",
        superfluous,
      );
      complain("Rights in why-unused.ts that tests have used, or that are given no more. Take them out:", outdated);
    } finally {
      if (given === undefined) rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** Whether every test in an account was there to use a right, and none failed before it did. */
function ranAll(vitest: TestProject["vitest"]): boolean {
  if (!isWidest || vitest.config.testNamePattern !== undefined) return false;
  const ran = new Map(vitest.state.getTestModules().map((module) => [module.moduleId, module]));
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.ts"));
  return files.every((name) => ran.get(join(import.meta.dirname, name))?.ok() === true);
}

function readReports(folder: string): Right[] {
  return readdirSync(folder).flatMap((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Right[]);
}

function complain(what: string, rights: readonly string[]): void {
  if (rights.length === 0) return;
  console.error([`\n${what}`, ...rights.map((right) => `  ${right}`)].join("\n"));
}
