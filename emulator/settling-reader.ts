import type { RunSummary } from "../store/ledger/ledger.ts";
import type { RunReader } from "../sdk/client/client.ts";

/** Reads runs so that none shows as running whose program is gone; `settle` answers a run as it then is. */
export function settlingReader(runs: RunReader, settle: (run: RunSummary) => Promise<RunSummary>): RunReader {
  return {
    listSteps: (run) => runs.listSteps(run),
    listTasks: (run, step, query) => runs.listTasks(run, step, query),
    listAttempts: (run, task) => runs.listAttempts(run, task),
    readTasks: (run, tasks) => runs.readTasks(run, tasks),
    async readRun(key) {
      const run = await runs.readRun(key);
      return run && { ...run, ...(await settle(run)) };
    },
    async listRuns(query) {
      const { items, ...page } = await runs.listRuns(query);
      const settled = await Promise.all(items.map(settle));
      // A run that turns out to be abandoned no longer matches a filter on the status that it had.
      return { ...page, items: settled.filter(({ status }) => query.status === undefined || status === query.status) };
    },
    async listFlows(query) {
      const { items, ...page } = await runs.listFlows(query);
      const settled = items.map(async ({ flow, newest }) => ({ flow, newest: await settle(newest) }));
      return { ...page, items: await Promise.all(settled) };
    },
  };
}
