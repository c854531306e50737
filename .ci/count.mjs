/**
 * Prints `N passed, N failed, N skipped` of vitest's JSON report. A file that could not be loaded counts as a failed test.
 * Exits 1 where no test ran.
 */
import { readFileSync } from "node:fs";

const { testResults } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const all = testResults.flatMap(({ status, assertionResults }) => {
  const statuses = assertionResults.map((test) => test.status);
  return status === "failed" && !statuses.includes("failed") ? [...statuses, "failed"] : statuses;
});
const count = (status) => all.filter((one) => one === status).length;
const [passed, failed] = [count("passed"), count("failed")];
console.log(`${passed} passed, ${failed} failed, ${all.length - passed - failed} skipped`);
process.exit(passed + failed > 0 ? 0 : 1);
