import type { AttemptEnd, AttemptStart, Status, StepCount } from "../ledger.ts";
import type { SqliteStore } from "./store.ts";

/** What a page of starts or ends changes in the counts of its steps: gathered by step, then written once a step. */
export type Tally = Map<string, Change>;

interface Change extends Record<Status, number> {
  startedAt: number | null;
  finishedAt: number | null;
}

/** `before` is the status of the task's attempt until now, if it had one. */
export function tallyStart(tally: Tally, { step, at }: AttemptStart, before: Status | undefined): void {
  const change = changeOf(tally, step);
  if (before !== undefined) change[before] -= 1;
  change.running += 1;
  change.startedAt = Math.min(change.startedAt ?? at, at);
}

export function tallyEnd(tally: Tally, { step, at, status }: AttemptEnd): void {
  const change = changeOf(tally, step);
  change.running -= 1;
  change[status] += 1;
  change.finishedAt = Math.max(change.finishedAt ?? at, at);
}

function changeOf(tally: Tally, step: string): Change {
  let change = tally.get(step);
  if (change === undefined) {
    change = { running: 0, succeeded: 0, failed: 0, stopped: 0, startedAt: null, finishedAt: null };
    tally.set(step, change);
  }
  return change;
}

export function writeTally(store: SqliteStore, runId: number, tally: Tally): void {
  for (const [step, { running, succeeded, failed, stopped, startedAt, finishedAt }] of tally) {
    store.run(
      `insert into steps (run_id, step, place, running, succeeded, failed, stopped, started_at, finished_at)
       values (?1, ?2, (select count(*) from steps where run_id = ?1), ?3, ?4, ?5, ?6, ifnull(?7, ?8), ?8)
       on conflict do update set running = running + ?3, succeeded = succeeded + ?4, failed = failed + ?5,
         stopped = stopped + ?6, started_at = min(started_at, ifnull(?7, started_at)),
         finished_at = coalesce(max(finished_at, ?8), finished_at, ?8)`,
      [runId, step, running, succeeded, failed, stopped, startedAt, finishedAt],
    );
  }
}

/** In the order of their first starts; those of one millisecond in the order that they were recorded. */
export function listSteps(store: SqliteStore, runId: number): StepCount[] {
  const rows = store.all<[string, number, number, number, number, number, number | null]>(
    `select step, running, succeeded, failed, stopped, started_at, finished_at from steps
     where run_id = ? order by started_at, place`,
    [runId],
  );
  return rows.map(([step, running, succeeded, failed, stopped, startedAt, finishedAt]) => ({
    step,
    running,
    succeeded,
    failed,
    stopped,
    startedAt,
    ...(running > 0 || finishedAt === null ? {} : { finishedAt }),
  }));
}
