import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../store/ledger/ledger.ts";
import { openSqliteLedger } from "../store/ledger/sqlite/sqlite-ledger.ts";
import { findRun, parsePathspec, tasksOf } from "./pathspec.ts";

describe("a pathspec", () => {
  test.each([
    ["Stats", { flow: "Stats" }],
    ["Stats/", { flow: "Stats" }],
    ["Stats/42", { flow: "Stats", run: 42 }],
    ["Stats/42/compute", { flow: "Stats", run: 42, step: "compute" }],
    ["Stats/42/compute/3.1", { flow: "Stats", run: 42, step: "compute", index: "3.1" }],
  ])("%s names its parts", (text, parts) => {
    expect(parsePathspec(text)).toEqual(parts);
  });

  test.each([
    ["", "it does not begin with a flow's name"],
    ["/1", "it does not begin with a flow's name"],
    ["Stats/latest", `"latest" is not a run's number`],
    ["Stats/0", `"0" is not a run's number`],
    ["Stats/1//3", "a step's name is missing"],
    ["Stats/1/a/x", `"x" is not a task's index`],
    ["Stats/1/a/3/4", "it has too many parts"],
  ])("%j is refused with the reason", (text, reason) => {
    expect(() => parsePathspec(text)).toThrow(
      expect.objectContaining({
        code: "pathspec.invalid",
        message: `"${text}" is not a pathspec: ${reason}`,
      }),
    );
  });
});

describe("what a pathspec names", () => {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = await openSqliteLedger(":memory:");
    for (const flow of ["Stats", "Stats", "Other"]) {
      const run = await ledger.createRun({
        flow,
        namespace: "user:ada",
        user: "ada",
        tags: [],
        createdAt: 1,
        codePackage: "0",
        graph: "0",
        parameters: {},
      });
      await ledger.startAttempts(run, [{ step: "start", index: "0", at: 1, by: "1" }]);
      await ledger.startAttempts(
        run,
        ["10", "2", "0"].map((index) => ({ step: "compute", index, at: 2, by: "1" })),
      );
    }
  });
  afterEach(() => ledger.close());

  async function named(text: string): Promise<string[]> {
    const pathspec = parsePathspec(text);
    const run = await findRun(ledger, pathspec);
    const tasks: string[] = [];
    for await (const { step, index } of tasksOf(ledger, run, pathspec)) tasks.push(`${run.run}/${step}/${index}`);
    return tasks;
  }

  test.each([
    ["Stats", ["2/start/0", "2/compute/0", "2/compute/2", "2/compute/10"]],
    ["Stats/1/compute", ["1/compute/0", "1/compute/2", "1/compute/10"]],
    ["Stats/1/compute/2", ["1/compute/2"]],
  ])("%s: the newest run unless one is named, steps in their order, tasks by index", async (text, tasks) => {
    expect(await named(text)).toEqual(tasks);
  });

  test.each([
    ["Stast", "flow.unknown", `Did you mean "Stats"?`],
    ["Nothing", "flow.unknown", "There is Other, Stats."],
    ["Stats/9", "run.unknown", "Its runs are 1 to 2."],
    ["Stats/1/compte", "step.unknown", `Did you mean "compute"?`],
    ["Stats/1/zebra", "step.unknown", "Its steps that did are start, compute."],
    ["Stats/1/compute/7", "task.unknown", "Its tasks are 0, 2, 10."],
  ])("%s is unknown, and told with what there is", async (text, code, hint) => {
    await expect(named(text)).rejects.toMatchObject({ code, hint });
  });
});
