/**
 * Prints `N passed, N failed, N skipped` of vitest's JSON reports in a folder. A file that ran twice counts as it did the
 * second time, in the order of the reports' ages; one that could not be loaded counts as a failed test. Exits 1 where no test ran.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const reports = readdirSync(folder)
  .map((name) => join(folder, name))
  .toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
  .map((file) => JSON.parse(readFileSync(file, "utf8")));

/** File → the statuses of its tests. */
const files = new Map();
for (const { name, status, assertionResults } of reports.flatMap(({ testResults }) => testResults)) {
  const statuses = assertionResults.map((test) => test.status);
  if (status === "failed" && !statuses.includes("failed")) statuses.push("failed");
  files.set(name, statuses);
}

const all = [...files.values()].flat();
const count = (status) => all.filter((one) => one === status).length;
const [passed, failed] = [count("passed"), count("failed")];
console.log(`${passed} passed, ${failed} failed, ${all.length - passed - failed} skipped`);
process.exit(passed + failed > 0 ? 0 : 1);
