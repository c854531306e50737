import { expect, test } from "vitest";
import { created, end, fresh, start, T0, task } from "./conformance-fixtures.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { Ledger } from "./ledger.ts";

const control = { node: "loop.1", index: "0", value: { type: "loop", again: true } } as const;
const stopped = { status: "stopped", at: T0, error: { name: "Stopped", message: "Ctrl-C" } } as const;

export function unknownRunConformance(the: () => Ledger): void {
  /** Neither of a flow that has none nor of one that has others. */
  const unknown = async (): Promise<RunKey[]> => [
    { flow: fresh("Flow"), run: 1 },
    { ...(await created(the())), run: 2 },
  ];

  test.each<[what: string, work: (ledger: Ledger, run: RunKey) => Promise<unknown>]>([
    ["no attempt starts", (ledger, run) => ledger.startAttempts(run, [start()])],
    ["no control value is written", (ledger, run) => ledger.writeControls(run, [control])],
  ])("in it %s, and nothing is left behind", async (_what, work) => {
    for (const run of await unknown()) {
      await expect(work(the(), run)).rejects.toMatchObject({ code: "run.unknown", where: { flow: run.flow } });
      expect(await the().readTasks(run, [task])).toEqual([undefined]);
      expect(await the().readControls(run, [control])).toEqual([undefined]);
      expect(await the().listSteps(run)).toEqual([]);
    }
  });

  test.each<[what: string, work: (ledger: Ledger, run: RunKey) => Promise<unknown>, answer: unknown]>([
    ["it cannot be read", (ledger, run) => ledger.readRun(run), undefined],
    ["it cannot be changed", (ledger, run) => ledger.updateRun(run, { heartbeatAt: T0 }), undefined],
    ["it cannot end", (ledger, run) => ledger.updateRun(run, { status: "failed" }, "running"), undefined],
    [
      "an attempt's end is refused",
      (ledger, run) => ledger.finishAttempts(run, [end(), end()]),
      ["refused", "refused"],
    ],
    [
      "an end that brings control values is refused",
      (ledger, run) => ledger.finishAttempts(run, [end({ controls: [control] })]),
      ["refused"],
    ],
    ["a heartbeat reaches no one", (ledger, run) => ledger.heartbeat(run, [{ ...task, attempt: 1 }], T0), [false]],
    ["there is no attempt to end", (ledger, run) => ledger.endRunningAttempts(run, stopped), 0],
    ["there are no tasks to read", (ledger, run) => ledger.readTasks(run, [task, task]), [undefined, undefined]],
    ["there are no tasks to list", (ledger, run) => ledger.listTasks(run, "compute"), { items: [] }],
    ["there is no last task", (ledger, run) => ledger.lastTask(run, "compute", ""), undefined],
    ["there are no attempts", (ledger, run) => ledger.listAttempts(run, task), []],
    ["there are no steps", (ledger, run) => ledger.listSteps(run), []],
    ["there are no control values", (ledger, run) => ledger.readControls(run, [control]), [undefined]],
  ])("of it %s", async (_what, work, answer) => {
    for (const run of await unknown()) {
      expect(await work(the(), run)).toEqual(answer);
      expect(await the().readRun(run)).toBeUndefined();
    }
  });

  test.each<[what: string, work: (ledger: Ledger, run: RunKey) => Promise<unknown>]>([
    ["no attempts", (ledger, run) => ledger.startAttempts(run, [])],
    ["no control values", (ledger, run) => ledger.writeControls(run, [])],
  ])("is told even where %s are given", async (_what, work) => {
    await expect(work(the(), { flow: fresh("Flow"), run: 1 })).rejects.toMatchObject({ code: "run.unknown" });
  });
}
