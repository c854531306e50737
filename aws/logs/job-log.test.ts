import { expect, test } from "vitest";
import { JobLog, type LogTails } from "./job-log.ts";

/** A stream whose lines are there from the beginning; its token is how many were read. */
function tailsOf(lines: readonly string[]): LogTails {
  return {
    async read({ token = "0" }) {
      await new Promise((resolve) => setImmediate(resolve));
      return { lines: lines.slice(Number(token)), token: String(lines.length) };
    },
    close: () => {},
  };
}

test("two looks at one attempt's log at once hand on each line once", async () => {
  const lines = ["part 3", "Task finished with exit code 0."];
  const log = new JobLog(tailsOf(lines), { group: "g", stream: "s" });
  const seen: string[] = [];
  const onLine = (line: string) => void seen.push(line);
  await Promise.all([log.follow(onLine, false), log.follow(onLine, true)]);
  expect(seen).toEqual(lines);
});
