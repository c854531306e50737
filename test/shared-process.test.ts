import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { alone, plain } from "../vitest.config.ts";
import { repository, sourceFiles } from "./support/source-files.ts";

/** What a test file leaves behind in its process, or finds there of another. */
const LEAVES = /vi\.(mock|doMock|stubEnv|stubGlobal|useFakeTimers)\(|process\.chdir\(|process\.env(\.\w+|\[.+?\]) = /;

test("files that share a process change nothing that the others see", () => {
  const sharing = sourceFiles().filter(
    (path) => path.endsWith(".test.ts") && plain.includes(path.split("/")[0]!) && !alone.includes(path),
  );
  expect(sharing.length).toBeGreaterThan(50);
  const text = (path: string) => readFileSync(join(repository, path), "utf8");
  expect(sharing.filter((path) => LEAVES.test(text(path)))).toEqual([]);
});

test("each file that is said to want a process of its own is there", () => {
  const named = alone.filter((path) => !path.includes("*"));
  expect(named.filter((path) => !sourceFiles().includes(path))).toEqual([]);
});
