import type { Ledger } from "../ledger.ts";
import { unknownRun } from "../unknown-run.ts";
import type { RunKey } from "../../../graph/run-name.ts";
import { endRunningAttempts, finishAttempts, heartbeat, startAttempts } from "./attempts.ts";
import { readControls, writeControls } from "./controls.ts";
import { createRun, listFlows, isRunning, listRuns, readRun, readRunAndSecret, runId, updateRun } from "./runs.ts";
import { listSteps } from "./steps.ts";
import { openSqliteStore, type SqliteStore } from "./store.ts";
import { lastTask, listAttempts, listTasks, readTasks } from "./tasks.ts";

/**
 * The ledger in a SQLite file that many processes may use at once; ":memory:" keeps it in this one. What is recorded
 * outlives the death of any of them (a loss of power may take the last moments).
 *
 * @throws MillraceError, here and from every method, where the file or its disk is at fault: `store.readOnly`,
 * `store.full`, `store.damaged`, `store.newer`, `store.busy`, `store.failed`.
 */
export async function openSqliteLedger(path: string): Promise<Ledger> {
  return sqliteLedger(await openSqliteStore(path));
}

/** The ledger on an open store. */
export function sqliteLedger(store: SqliteStore): Ledger {
  /** Reads of a run that is not there find nothing, which is `none`. */
  function of<Result>(run: RunKey, none: Result, read: (id: number) => Result): Result {
    const id = runId(store, run);
    return id === undefined ? none : read(id);
  }

  function existing(run: RunKey): number {
    const id = runId(store, run);
    if (id !== undefined) return id;
    throw unknownRun(run);
  }

  return {
    createRun: async (run) => createRun(store, run),
    updateRun: async (run, change, from) => updateRun(store, run, { change, from }),
    readRun: async (run) => readRun(store, run),
    readRunAndSecret: async (run) => readRunAndSecret(store, run),
    isRunning: async (run) => isRunning(store, run),
    listRuns: async (query) => listRuns(store, query),
    listFlows: async (query) => listFlows(store, query),

    startAttempts: async (run, starts) => store.write(() => startAttempts(store, existing(run), starts)),
    finishAttempts: async (run, ends) =>
      store.write(() =>
        of(
          run,
          ends.map(() => "refused"),
          (id) => finishAttempts(store, id, ends),
        ),
      ),
    heartbeat: async (run, attempts, at) =>
      store.write(() =>
        of(
          run,
          attempts.map(() => false),
          (id) => heartbeat(store, id, { attempts, at }),
        ),
      ),
    endRunningAttempts: async (run, end) => store.write(() => of(run, 0, (id) => endRunningAttempts(store, id, end))),

    readTasks: async (run, tasks) =>
      of(
        run,
        tasks.map(() => undefined),
        (id) => readTasks(store, id, tasks),
      ),
    listTasks: async (run, step, query = {}) =>
      of(run, { items: [] }, (id) => listTasks(store, id, { step, ...query })),
    lastTask: async (run, step, under) => of(run, undefined, (id) => lastTask(store, id, { step, under })),
    listAttempts: async (run, task) => of(run, [], (id) => listAttempts(store, id, task)),
    listSteps: async (run) => of(run, [], (id) => listSteps(store, id)),

    writeControls: async (run, controls) => store.write(() => writeControls(store, existing(run), controls)),
    readControls: async (run, keys) =>
      of(
        run,
        keys.map(() => undefined),
        (id) => readControls(store, id, keys),
      ),

    close: async () => store.close(),
  };
}
