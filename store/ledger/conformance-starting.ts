import { describe, expect, test } from "vitest";
import { created, end, start, T0, task } from "./conformance-fixtures.ts";
import type { Ledger } from "./ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { TaskKey } from "../../graph/task-key.ts";

export function startingConformance(the: () => Ledger): void {
  const newest = async (run: RunKey, key: TaskKey = task) => (await the().readTasks(run, [key]))[0];

  describe("starting", () => {
    test("a task's first attempt is the first", async () => {
      const run = await created(the());
      expect(await the().startAttempts(run, [start()])).toEqual([{ state: "started", attempt: 1 }]);
      expect(await newest(run)).toEqual({
        ...task,
        attempt: 1,
        status: "running",
        by: "pid 1",
        startedAt: T0,
      });
    });

    test("the same starter asking again is given the attempt that it began", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      expect(await the().startAttempts(run, [start({ at: T0 + 1 })])).toEqual([{ state: "started", attempt: 1 }]);
      expect(await newest(run)).toMatchObject({ attempt: 1, startedAt: T0 });
      expect(await the().listAttempts(run, task)).toHaveLength(1);
    });

    test("another starter supersedes an attempt that still runs", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      expect(await the().startAttempts(run, [start({ by: "pid 2", at: T0 + 9 })])).toEqual([
        { state: "started", attempt: 2 },
      ]);
      const attempts = await the().listAttempts(run, task);
      expect(attempts).toMatchObject([
        {
          attempt: 1,
          status: "failed",
          by: "pid 1",
          finishedAt: T0 + 9,
          error: { name: "Superseded" },
        },
        { attempt: 2, status: "running", by: "pid 2", startedAt: T0 + 9 },
      ]);
    });

    test.each(["failed", "stopped"] as const)(
      "a task that %s is tried again, and both attempts are kept",
      async (status) => {
        const run = await created(the());
        const error = { name: "TypeError", message: "no", source: "a.ts:1:2" };
        const log = { stream: "1.log", from: 0, to: 9 };
        await the().startAttempts(run, [start()]);
        await the().finishAttempts(run, [end({ status, error, log })]);
        expect(await the().startAttempts(run, [start({ at: T0 + 7 })])).toEqual([{ state: "started", attempt: 2 }]);
        expect(await the().listAttempts(run, task)).toEqual([
          {
            ...task,
            attempt: 1,
            status,
            by: "pid 1",
            startedAt: T0,
            finishedAt: T0 + 5,
            error,
            log,
          },
          { ...task, attempt: 2, status: "running", by: "pid 1", startedAt: T0 + 7 },
        ]);
      },
    );

    test.each([
      ["succeeded", { status: "succeeded", manifest: { a: { inline: "AQ==", size: 1 } } }],
      ["was caught", { status: "failed", caught: true, error: { name: "E", message: "m" }, manifest: {} }],
    ] as const)("a task that %s is not begun again: what it left is the answer", async (_what, left) => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      await the().finishAttempts(run, [end(left)]);
      const attempt = {
        ...task,
        attempt: 1,
        by: "pid 1",
        startedAt: T0,
        finishedAt: T0 + 5,
        ...left,
      };
      expect(await the().startAttempts(run, [start({ by: "pid 2" })])).toEqual([{ state: "done", attempt }]);
      expect(await newest(run)).toEqual(attempt);
    });

    test("a page of starts is answered in its order, each by what stood before", async () => {
      const run = await created(the());
      await the().startAttempts(
        run,
        ["0", "1", "2"].map((index) => start({ index })),
      );
      await the().finishAttempts(run, [end({ index: "1" }), end({ index: "2", status: "failed" })]);
      const answers = await the().startAttempts(run, [
        start({ index: "9" }),
        start({ index: "2" }),
        start({ index: "1" }),
        start({ index: "0" }),
        start({ index: "0", by: "pid 2" }),
        start({ index: "9" }),
      ]);
      expect(answers).toMatchObject([
        { state: "started", attempt: 1 },
        { state: "started", attempt: 2 },
        { state: "done", attempt: { index: "1", attempt: 1 } },
        { state: "started", attempt: 1 },
        { state: "started", attempt: 2 },
        { state: "started", attempt: 1 },
      ]);
    });

    test("of many that start one task at once, each gets an attempt of its own", async () => {
      const run = await created(the());
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, at) => the().startAttempts(run, [start({ by: `pid ${at}` })])),
      );
      const attempts = answers.map(([answer]) => (answer?.state === "started" ? answer.attempt : 0));
      expect(attempts.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect((await the().listAttempts(run, task)).map(({ status }) => status)).toEqual([
        ...Array(7).fill("failed"),
        "running",
      ]);
    });

    test("the same step and index in another run is another task", async () => {
      const [one, other] = [await created(the()), await created(the())];
      await the().startAttempts(one, [start()]);
      expect(await newest(other)).toBeUndefined();
    });
  });
}
