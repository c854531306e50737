import { boundedError } from "../bounded-error.ts";
import { indexKey } from "../index-order.ts";
import type { Attempt, AttemptEnd, AttemptStart, AttemptStarted, Status } from "../ledger.ts";
import type { AttemptKey } from "../../../graph/task-key.ts";
import type { TaskError } from "../../../graph/task-error.ts";
import { writeControls } from "./controls.ts";
import { type Tally, tallyEnd, tallyStart, writeTally } from "./steps.ts";
import type { SqliteStore } from "./store.ts";
import { isDone, outcomeOf, readTasks } from "./tasks.ts";

/** Begins the attempts; to be called inside a transaction, as everything here. */
export function startAttempts(store: SqliteStore, runId: number, starts: readonly AttemptStart[]): AttemptStarted[] {
  const tally: Tally = new Map();
  if (starts.length > 1 && insertNew(store, runId, starts)) {
    for (const start of starts) tallyStart(tally, start, undefined);
    writeTally(store, runId, tally);
    return starts.map(() => ({ state: "started", attempt: 1 }));
  }
  const answers = starts.map((start): AttemptStarted => {
    if (insert(store, runId, { ...start, attempt: 1, how: "insert or ignore" })) {
      tallyStart(tally, start, undefined);
      return { state: "started", attempt: 1 };
    }
    const task = readTasks(store, runId, [start])[0]!;
    if (isDone(task)) return { state: "done", attempt: task };
    if (task.status === "running" && task.by === start.by) return { state: "started", attempt: task.attempt };
    retire(store, runId, { task, at: start.at });
    insert(store, runId, { ...start, attempt: task.attempt + 1, how: "insert or replace" });
    tallyStart(tally, start, task.status);
    return { state: "started", attempt: task.attempt + 1 };
  });
  writeTally(store, runId, tally);
  return answers;
}

/** Inserts the rows of tasks none of which was ever begun, all in one statement; false, and nothing done, for others. */
function insertNew(store: SqliteStore, runId: number, starts: readonly AttemptStart[]): boolean {
  const rows = starts.map(({ step, index, by, at }) => [step, indexKey(index), by, at]);
  if (new Set(rows.map(([step, key]) => `${step}/${key}`)).size < rows.length) return false;
  const json = JSON.stringify(rows);
  const begun = store.get<[number]>(
    `select 1 from json_each(?2) j cross join tasks t
     on t.run_id = ?1 and t.step = j.value ->> 0 and t.key = j.value ->> 1 limit 1`,
    [runId, json],
  );
  if (begun) return false;
  store.run(
    `insert into tasks (run_id, step, key, attempt, status, started_by, started_at)
     select ?1, j.value ->> 0, j.value ->> 1, 1, 'running', j.value ->> 2, j.value ->> 3 from json_each(?2) j`,
    [runId, json],
  );
  return true;
}

/** Most tasks are begun once: that their row can be inserted shows it, without another look. */
function insert(
  store: SqliteStore,
  runId: number,
  {
    step,
    index,
    by,
    at,
    attempt,
    how,
  }: AttemptStart & {
    readonly attempt: number;
    readonly how: "insert or ignore" | "insert or replace";
  },
): boolean {
  const changed = store.run(
    `${how} into tasks (run_id, step, key, attempt, status, started_by, started_at)
     values (?, ?, ?, ?, 'running', ?, ?)`,
    [runId, step, indexKey(index), attempt, by, at],
  );
  return changed > 0;
}

/** Keeps an attempt that another one replaces; one that still runs has failed thereby. */
function retire(store: SqliteStore, runId: number, { task, at }: { task: Attempt; at: number }): void {
  const key = [runId, task.step, indexKey(task.index)];
  store.run(
    `insert into past_attempts (run_id, step, key, attempt, status, started_by, started_at, heartbeat_at, finished_at, outcome)
     select run_id, step, key, attempt, status, started_by, started_at, heartbeat_at, finished_at, outcome
     from tasks where run_id = ? and step = ? and key = ?`,
    key,
  );
  if (task.status !== "running") return;
  const error = {
    name: "Superseded",
    message: `Attempt ${task.attempt + 1} of the task began while this one was running`,
  };
  store.run(
    `update past_attempts set status = 'failed', finished_at = ?, outcome = ?
     where run_id = ? and step = ? and key = ? and attempt = ?`,
    [at, outcomeOf({ error }), ...key, task.attempt],
  );
}

export function finishAttempts(
  store: SqliteStore,
  runId: number,
  ends: readonly AttemptEnd[],
): ("accepted" | "refused")[] {
  const tally: Tally = new Map();
  const answers = ends.map((end) => {
    const changed = store.run(
      `update tasks set status = ?, finished_at = ?, outcome = ?
       where run_id = ? and step = ? and key = ? and attempt = ? and status = 'running'`,
      [end.status, end.at, outcomeOf(end), runId, end.step, indexKey(end.index), end.attempt],
    );
    if (changed === 0) return "refused";
    if (end.controls) writeControls(store, runId, end.controls);
    tallyEnd(tally, end);
    return "accepted";
  });
  writeTally(store, runId, tally);
  return answers;
}

export function heartbeat(
  store: SqliteStore,
  runId: number,
  { attempts, at }: { readonly attempts: readonly AttemptKey[]; readonly at: number },
): boolean[] {
  return attempts.map(({ step, index, attempt }) => {
    const changed = store.run(
      `update tasks set heartbeat_at = max(ifnull(heartbeat_at, 0), ?)
       where run_id = ? and step = ? and key = ? and attempt = ? and status = 'running'`,
      [at, runId, step, indexKey(index), attempt],
    );
    return changed > 0;
  });
}

export function endRunningAttempts(
  store: SqliteStore,
  runId: number,
  end: { status: Exclude<Status, "running" | "succeeded">; at: number; error: TaskError },
): number {
  const ended = store.run(
    `update tasks set status = ?, finished_at = ?, outcome = ?
     where run_id = ? and step in (select step from steps where run_id = ? and running > 0) and status = 'running'`,
    [end.status, end.at, outcomeOf({ error: boundedError(end.error) }), runId, runId],
  );
  store.run(
    `update steps set running = 0, finished_at = max(ifnull(finished_at, 0), ?), ${end.status} = ${end.status} + running
     where run_id = ? and running > 0`,
    [end.at, runId],
  );
  return ended;
}
