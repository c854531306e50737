import { describe, expect, test } from "vitest";
import { created, end, fresh, start, T0, task } from "./conformance-fixtures.ts";
import type { Ledger } from "./ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { TaskKey } from "../../graph/task-key.ts";

export function finishingConformance(the: () => Ledger): void {
  const newest = async (run: RunKey, key: TaskKey = task) => (await the().readTasks(run, [key]))[0];

  describe("finishing", () => {
    test("what the attempt left is kept as it was given", async () => {
      const run = await created(the());
      const manifest = {
        "größe 😀": { inline: "AQ==", size: 1 },
        'it\'s "quoted"; --': { blob: "ab".repeat(32), size: 9_007_199_254_740_991, at: 499 },
        __proto__x: { blob: "cd".repeat(32), size: 0 },
      };
      const log = { stream: "4242.log", from: 10, to: 9_000_000_000 };
      await the().startAttempts(run, [start()]);
      expect(await the().finishAttempts(run, [end({ manifest, log })])).toEqual(["accepted"]);
      const attempt = {
        ...task,
        attempt: 1,
        status: "succeeded",
        by: "pid 1",
        startedAt: T0,
        finishedAt: T0 + 5,
        manifest,
        log,
      };
      expect(await newest(run)).toEqual(attempt);
    });

    test("a late attempt cannot overwrite the one that replaced it", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      await the().startAttempts(run, [start({ by: "pid 2" })]);
      expect(
        await the().finishAttempts(run, [end({ attempt: 1, manifest: { late: { inline: "AQ==", size: 1 } } })]),
      ).toEqual(["refused"]);
      expect(await newest(run)).toMatchObject({ attempt: 2, status: "running" });
      expect((await the().listAttempts(run, task))[0]).toMatchObject({
        status: "failed",
        error: { name: "Superseded" },
      });
      expect(await the().finishAttempts(run, [end({ attempt: 2 })])).toEqual(["accepted"]);
    });

    test("an attempt ends once", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      await the().finishAttempts(run, [end()]);
      expect(
        await the().finishAttempts(run, [end({ status: "failed", error: { name: "E", message: "late" } })]),
      ).toEqual(["refused"]);
      expect(await newest(run)).toMatchObject({ status: "succeeded", finishedAt: T0 + 5 });
      expect(await newest(run)).not.toHaveProperty("error");
    });

    test("of one attempt's two ends in a page the first counts", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      expect(await the().finishAttempts(run, [end(), end({ status: "failed" })])).toEqual(["accepted", "refused"]);
      expect(await newest(run)).toMatchObject({ status: "succeeded" });
    });

    test("an attempt that never began, or of a run that is not there, is refused", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      const ends = [end({ attempt: 2 }), end({ index: "4" }), end({ step: "other" }), end()];
      expect(await the().finishAttempts(run, ends)).toEqual(["refused", "refused", "refused", "accepted"]);
      expect(await the().finishAttempts({ flow: fresh("Flow"), run: 1 }, [end()])).toEqual(["refused"]);
    });

    test("an error's text is kept whole up to a bound, whatever is in it", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start(), start({ index: "4" })]);
      const odd = {
        name: "Ошибка",
        message: "half a pair \ud83d, a zero \0, \u001b[31mred\u001b[0m",
        stack: "at 'x' \\ \"y\"\n\t漢字 😀",
      };
      const huge = { name: "E", message: "m", stack: "é".repeat(1 << 20) };
      await the().finishAttempts(run, [
        end({ status: "failed", error: odd }),
        end({ index: "4", status: "failed", error: huge }),
      ]);
      expect((await newest(run))?.error).toEqual(odd);
      const { stack } = (await newest(run, { ...task, index: "4" }))!.error!;
      expect(Buffer.byteLength(stack!)).toBeLessThanOrEqual(64 * 1024);
      expect(stack).toMatch(/^é{32000}/u);
    });
  });

  describe("control values", () => {
    const width = { type: "foreach", width: 3, pages: ["ab".repeat(32)], pageSize: 500 } as const;
    const control = { node: "merge", index: "3", value: width };

    test("come with the finish", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      const again = { node: "loop.1", index: "3.0", value: { type: "loop", again: true } } as const;
      await the().finishAttempts(run, [end({ controls: [control, again] })]);
      const keys = [{ node: "loop.1", index: "3.0" }, { node: "loop.1", index: "3" }, control];
      expect(await the().readControls(run, keys)).toEqual([again.value, undefined, width]);
    });

    test("of a refused finish are not written", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      await the().startAttempts(run, [start({ by: "pid 2" })]);
      expect(await the().finishAttempts(run, [end({ attempt: 1, controls: [control] })])).toEqual(["refused"]);
      expect(await the().readControls(run, [control])).toEqual([undefined]);
    });

    test("written again replace those that were there", async () => {
      const run = await created(the());
      const value = { type: "switch", case: "größe" } as const;
      await the().writeControls(run, [control]);
      await the().writeControls(run, [{ ...control, value }]);
      expect(await the().readControls(run, [control])).toEqual([value]);
    });

    test("of one run are not those of another, and of none there are none", async () => {
      const [one, other] = [await created(the()), await created(the())];
      await the().writeControls(one, [control]);
      expect(await the().readControls(other, [control])).toEqual([undefined]);
      expect(await the().readControls({ flow: fresh("Flow"), run: 1 }, [control])).toEqual([undefined]);
    });
  });

  describe("a heartbeat", () => {
    test("says that a running attempt is alive, and that one that is over is not", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start(), start({ index: "4" }), start({ index: "5" })]);
      await the().startAttempts(run, [start({ index: "4", by: "pid 2" })]);
      await the().finishAttempts(run, [end({ index: "5" })]);
      const asked = [
        { ...task, attempt: 1 },
        { ...task, index: "4", attempt: 1 },
        { ...task, index: "4", attempt: 2 },
        { ...task, index: "5", attempt: 1 },
        { ...task, index: "6", attempt: 1 },
      ];
      expect(await the().heartbeat(run, asked, T0 + 3)).toEqual([true, false, true, false, false]);
      expect(await newest(run)).toMatchObject({ heartbeatAt: T0 + 3 });
      expect(await newest(run, { ...task, index: "5" })).not.toHaveProperty("heartbeatAt");
    });

    test("that arrives late does not set the clock back", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      await the().heartbeat(run, [{ ...task, attempt: 1 }], T0 + 9);
      expect(await the().heartbeat(run, [{ ...task, attempt: 1 }], T0 + 3)).toEqual([true]);
      expect(await newest(run)).toMatchObject({ heartbeatAt: T0 + 9 });
    });

    test("in a run that is not there reaches no one", async () => {
      expect(await the().heartbeat({ flow: fresh("Flow"), run: 1 }, [{ ...task, attempt: 1 }], T0)).toEqual([false]);
    });
  });

  describe("ending what still runs", () => {
    const stop = {
      status: "stopped",
      at: T0 + 20,
      error: { name: "Stopped", message: "Ctrl-C" },
    } as const;

    test("ends the running attempts of that run alone, and says how many there were", async () => {
      const [run, other] = [await created(the()), await created(the())];
      await the().startAttempts(run, [start(), start({ index: "4" }), start({ step: "end", index: "0" })]);
      await the().startAttempts(other, [start()]);
      await the().finishAttempts(run, [end({ index: "4" })]);
      expect(await the().endRunningAttempts(run, stop)).toBe(2);
      expect(await newest(run)).toMatchObject({
        status: "stopped",
        finishedAt: T0 + 20,
        error: stop.error,
      });
      expect(await newest(run, { step: "end", index: "0" })).toMatchObject({ status: "stopped" });
      expect(await newest(run, { ...task, index: "4" })).toMatchObject({
        status: "succeeded",
        finishedAt: T0 + 5,
      });
      expect(await newest(other)).toMatchObject({ status: "running" });
    });

    test("a second time finds none", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      await the().endRunningAttempts(run, stop);
      expect(await the().endRunningAttempts(run, { ...stop, status: "failed" })).toBe(0);
      expect(await newest(run)).toMatchObject({ status: "stopped" });
    });

    test("an attempt that was ended so reports in vain", async () => {
      const run = await created(the());
      await the().startAttempts(run, [start()]);
      await the().endRunningAttempts(run, { ...stop, status: "failed" });
      expect(await the().finishAttempts(run, [end()])).toEqual(["refused"]);
      expect(await newest(run)).toMatchObject({ status: "failed", error: stop.error });
    });
  });
}
