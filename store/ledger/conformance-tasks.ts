import { describe, expect, test } from "vitest";
import { isWidest } from "../../test/widest.ts";
import { created, everyPage, fresh, T0 } from "./conformance-fixtures.ts";
import type { Attempt, AttemptEnd, AttemptStart, Ledger } from "./ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";

/** Ten thousand of them take DynamoDB minutes where it is simulated. */
const MANY = isWidest ? 10_000 : 500;

export function tasksConformance(the: () => Ledger): void {
  /** Begins a task of a step at each index, and ends it where it is said how. */
  async function begun(
    run: RunKey,
    [step, indices]: readonly [step: string, indices: readonly string[]],
    { left, time = T0 }: { readonly left?: Partial<AttemptEnd>; readonly time?: number } = {},
  ): Promise<void> {
    for (let from = 0; from < indices.length; from += 500) {
      const page = indices.slice(from, from + 500).map((index) => ({ step, index }));
      await the().startAttempts(
        run,
        page.map((task) => ({ ...task, at: time, by: "pid 1" })),
      );
      if (left === undefined) continue;
      await the().finishAttempts(
        run,
        page.map((task) => ({ ...task, attempt: 1, at: time + 5, status: "succeeded", ...left })),
      );
    }
  }

  describe("reading tasks", () => {
    test("they come in the order asked for, with a gap where there is none", async () => {
      const run = await created(the());
      await begun(run, ["compute", ["0", "1", "10"]]);
      await begun(run, ["end", ["0"]]);
      const asked = [
        ["end", "0"],
        ["compute", "10"],
        ["compute", "7"],
        ["compute", "0"],
        ["end", "0"],
      ] as const;
      const found = await the().readTasks(
        run,
        asked.map(([step, index]) => ({ step, index })),
      );
      expect(found.map((task) => task && [task.step, task.index])).toEqual([
        ["end", "0"],
        ["compute", "10"],
        undefined,
        ["compute", "0"],
        ["end", "0"],
      ]);
    });

    test("of a run that is not there, all are missing", async () => {
      const run = { flow: fresh("Flow"), run: 1 };
      expect(await the().readTasks(run, [{ step: "a", index: "0" }])).toEqual([undefined]);
      expect(await the().listTasks(run, "a")).toEqual({ items: [] });
      expect(await the().lastTask(run, "a", "")).toBeUndefined();
      expect(await the().listAttempts(run, { step: "a", index: "0" })).toEqual([]);
      expect(await the().listSteps(run)).toEqual([]);
      expect(
        await the().endRunningAttempts(run, {
          status: "failed",
          at: T0,
          error: { name: "E", message: "" },
        }),
      ).toBe(0);
    });

    test("what is no index is refused", async () => {
      const run = await created(the());
      await expect(the().readTasks(run, [{ step: "a", index: "x" }])).rejects.toMatchObject({
        code: "index.invalid",
      });
    });
  });

  describe("listing a step's tasks", () => {
    test("they come in the numeric order of their indices, of that step alone", async () => {
      const run = await created(the());
      await begun(run, ["compute", ["10", "2", "0", "100", "1", "11"]]);
      await begun(run, ["computer", ["3"]]);
      expect(indices((await the().listTasks(run, "compute")).items)).toEqual(["0", "1", "2", "10", "11", "100"]);
    });

    test("each is its newest attempt", async () => {
      const run = await created(the());
      await begun(run, ["compute", ["0", "1"]], { left: { status: "failed" } });
      await the().startAttempts(run, [{ step: "compute", index: "1", at: T0 + 9, by: "pid 1" }]);
      expect((await the().listTasks(run, "compute")).items).toMatchObject([
        { index: "0", attempt: 1, status: "failed" },
        { index: "1", attempt: 2, status: "running" },
      ]);
    });

    test.each([
      ["3", ["3.0", "3.1.7", "3.2", "3.10"]],
      ["3.1", ["3.1.7"]],
      ["30", ["30.0"]],
      ["3.10", []],
      ["", ["2", "3", "3.0", "3.1.7", "3.2", "3.10", "13", "30", "30.0"]],
    ])("under %s are %j", async (under, expected) => {
      const run = await created(the());
      await begun(run, ["compute", ["30.0", "3", "3.10", "3.2", "30", "3.1.7", "2", "13", "3.0"]]);
      expect(indices((await the().listTasks(run, "compute", { under })).items)).toEqual(expected);
      const read = (cursor?: string) =>
        the().listTasks(run, "compute", { under, limit: 2, ...(cursor ? { cursor } : {}) });
      expect(indices((await everyPage(read)).items)).toEqual(expected);
    });

    test("indices may be deep and large", async () => {
      const run = await created(the());
      const deep = Array.from({ length: 40 }, (_, at) => at).join(".");
      const inOrder = [deep, `${deep}.0`, "9007199254740990.1", "9007199254740991"];
      await begun(run, ["compute", inOrder.toReversed()]);
      expect(indices((await the().listTasks(run, "compute")).items)).toEqual(inOrder);
      expect(indices((await the().listTasks(run, "compute", { under: deep })).items)).toEqual([`${deep}.0`]);
    });

    test(`${MANY} come back in pages, none missing, none twice`, async () => {
      const run = await created(the());
      const wide = Array.from({ length: MANY }, (_, at) => String(at));
      await begun(run, ["compute", wide], { left: { manifest: { median: { inline: "GQQA", size: 3 } } } });
      const read = (cursor?: string) =>
        the().listTasks(run, "compute", { limit: MANY / 10, ...(cursor ? { cursor } : {}) });
      const { items, pages } = await everyPage(read);
      expect(pages).toBe(10);
      expect(indices(items)).toEqual(wide);
      expect(items.every(({ status, manifest }) => status === "succeeded" && manifest?.["median"]?.size === 3)).toBe(
        true,
      );
      expect(await the().listSteps(run)).toMatchObject([{ step: "compute", running: 0, succeeded: MANY }]);
    });

    test("a page has a hundred where no limit is given", async () => {
      const run = await created(the());
      await begun(run, ["compute", Array.from({ length: 101 }, (_, at) => String(at))]);
      expect((await the().listTasks(run, "compute")).items).toHaveLength(100);
    });
  });

  describe("the last task of a step", () => {
    test("is the one with the greatest index below that has finished", async () => {
      const run = await created(the());
      await begun(run, ["train", ["2", "2.0", "2.9", "2.10", "3.5"]], { left: {} });
      await begun(run, ["train", ["2.11"]]);
      await begun(run, ["train", ["2.12"]], { left: { status: "failed" } });
      await begun(run, ["train", ["2.13"]], { left: { status: "stopped" } });
      expect(await the().lastTask(run, "train", "2")).toMatchObject({
        index: "2.10",
        status: "succeeded",
      });
      expect(await the().lastTask(run, "train", "")).toMatchObject({ index: "3.5" });
      expect(await the().lastTask(run, "train", "4")).toBeUndefined();
      expect(await the().lastTask(run, "other", "2")).toBeUndefined();
    });

    test("may have failed, where that was caught", async () => {
      const run = await created(the());
      const error = { name: "E", message: "m" };
      await begun(run, ["train", ["2.0"]], { left: {} });
      await begun(run, ["train", ["2.1"]], { left: { status: "failed", caught: true, error, manifest: {} } });
      expect(await the().lastTask(run, "train", "2")).toMatchObject({
        index: "2.1",
        caught: true,
        error,
      });
    });
  });

  describe("a run's steps", () => {
    test("come in the order that they first started", async () => {
      const run = await created(the());
      await begun(run, ["start", ["0"]], { left: {}, time: T0 });
      await begun(run, ["compute", ["0"]], { left: {}, time: T0 + 10 });
      await begun(run, ["a-later-one", ["0"]], { left: {}, time: T0 + 20 });
      await begun(run, ["compute", ["1"]], { left: {}, time: T0 + 30 });
      expect((await the().listSteps(run)).map(({ step }) => step)).toEqual(["start", "compute", "a-later-one"]);
    });

    test("count each task once, by the status of its newest attempt", async () => {
      const run = await created(the());
      await begun(run, ["compute", ["0", "1"]], { left: {} });
      await begun(run, ["compute", ["2", "3", "4"]], { left: { status: "failed" } });
      await begun(run, ["compute", ["5", "6"]], { left: { status: "stopped" } });
      await begun(run, ["compute", ["7", "8", "9"]]);
      // Done already, tried again, tried again, superseded, asked for again by who runs it.
      await the().startAttempts(run, [
        again("0", "b"),
        again("2", "b"),
        again("5", "b"),
        again("7", "b"),
        again("8", "pid 1"),
      ]);
      await the().finishAttempts(run, [{ step: "compute", index: "2", attempt: 2, at: T0 + 12, status: "succeeded" }]);
      // Late: the first attempt at 7 was superseded.
      await the().finishAttempts(run, [{ step: "compute", index: "7", attempt: 1, at: T0 + 13, status: "succeeded" }]);
      expect(await the().listSteps(run)).toEqual([
        { step: "compute", running: 4, succeeded: 3, failed: 2, stopped: 1, startedAt: T0 },
      ]);
    });

    test("have finished when none of their tasks runs", async () => {
      const run = await created(the());
      await begun(run, ["compute", ["0"]], { left: { at: T0 + 50 } });
      await begun(run, ["compute", ["1"]], { left: { at: T0 + 40 } });
      expect(await the().listSteps(run)).toMatchObject([{ startedAt: T0, finishedAt: T0 + 50 }]);
      await begun(run, ["compute", ["2"]]);
      expect((await the().listSteps(run))[0]).not.toHaveProperty("finishedAt");
    });

    test("count what was ended from outside", async () => {
      const run = await created(the());
      await begun(run, ["compute", ["0"]], { left: {} });
      await begun(run, ["compute", ["1", "2"]]);
      await begun(run, ["end", ["0"]]);
      await the().endRunningAttempts(run, {
        status: "stopped",
        at: T0 + 60,
        error: { name: "Stopped", message: "" },
      });
      expect(await the().listSteps(run)).toMatchObject([
        { step: "compute", running: 0, succeeded: 1, stopped: 2, failed: 0, finishedAt: T0 + 60 },
        { step: "end", running: 0, succeeded: 0, stopped: 1, failed: 0, finishedAt: T0 + 60 },
      ]);
    });
  });
}

function again(index: string, by: string): AttemptStart {
  return { step: "compute", index, at: T0 + 9, by };
}

function indices(tasks: readonly Attempt[]): string[] {
  return tasks.map(({ index }) => index);
}
