import { boundedError } from "../bounded-error.ts";
import { cursorAt, pageSize, cursorPlaceOf } from "../cursor.ts";
import { indexKey, indexOfKey, keysBelow } from "../index-order.ts";
import type { Attempt, AttemptEnd, Page, Status, TasksQuery } from "../ledger.ts";
import type { TaskKey } from "../../../graph/task-key.ts";
import type { SqliteStore } from "./store.ts";

/** A task that has such an attempt is not begun again. */
export function isDone({ status, caught }: Attempt): boolean {
  return status === "succeeded" || caught === true;
}

export function readTasks(store: SqliteStore, runId: number, tasks: readonly TaskKey[]): (Attempt | undefined)[] {
  const wanted = JSON.stringify(tasks.map(({ step, index }) => [step, indexKey(index)]));
  const rows = store.all<[...AttemptRow, place: number]>(
    `select ${COLUMNS}, j.key from json_each(?2) j cross join tasks t
     on t.run_id = ?1 and t.step = j.value ->> 0 and t.key = j.value ->> 1`,
    [runId, wanted],
  );
  const found: (Attempt | undefined)[] = Array.from({ length: tasks.length });
  for (const row of rows) found[row[9]] = attemptOf(row);
  return found;
}

export function listTasks(
  store: SqliteStore,
  runId: number,
  { step, under = "", limit, cursor }: TasksQuery,
): Page<Attempt> {
  const size = pageSize(limit);
  const { after, before } = keysBelow(under);
  const rows = store.all<AttemptRow>(
    `select ${COLUMNS} from tasks t where t.run_id = ? and t.step = ? and t.key > ? and t.key < ? order by t.key limit ?`,
    [runId, step, ...cursorPlaceOf(cursor, [after]), before, size + 1],
  );
  const items = rows.slice(0, size).map(attemptOf);
  return rows.length > size ? { items, cursor: cursorAt([rows[size - 1]![1]]) } : { items };
}

export function lastTask(
  store: SqliteStore,
  runId: number,
  { step, under }: { readonly step: string; readonly under: string },
): Attempt | undefined {
  const { after, before } = keysBelow(under);
  const row = store.get<AttemptRow>(
    `select ${COLUMNS} from tasks t where t.run_id = ? and t.step = ? and t.key > ? and t.key < ?
     and (t.status = 'succeeded' or (t.status = 'failed' and t.outcome ->> 'caught'))
     order by t.key desc limit 1`,
    [runId, step, after, before],
  );
  return row && attemptOf(row);
}

export function listAttempts(store: SqliteStore, runId: number, { step, index }: TaskKey): Attempt[] {
  const rows = store.all<AttemptRow>(`${attemptsIn("past_attempts")} union all ${attemptsIn("tasks")} order by 3`, [
    runId,
    step,
    indexKey(index),
  ]);
  return rows.map(attemptOf);
}

function attemptsIn(table: "past_attempts" | "tasks"): string {
  return `select ${COLUMNS} from ${table} t where t.run_id = ?1 and t.step = ?2 and t.key = ?3`;
}

const COLUMNS =
  "t.step, t.key, t.attempt, t.status, t.started_by, t.started_at, t.heartbeat_at, t.finished_at, t.outcome";

type AttemptRow = readonly [
  step: string,
  key: string,
  attempt: number,
  status: Status,
  by: string,
  startedAt: number,
  heartbeatAt: number | null,
  finishedAt: number | null,
  outcome: string | null,
  /** In a list that was asked for by place: which one it is. */
  ...place: number[],
];

type Outcome = Pick<AttemptEnd, "error" | "caught" | "manifest" | "log">;

/** What an attempt left, as the one text that its row keeps. */
export function outcomeOf({ error, caught, manifest, log }: Outcome): string {
  return JSON.stringify({ error: error && boundedError(error), caught, manifest, log });
}

function attemptOf(row: AttemptRow): Attempt {
  const [step, key, attempt, status, by, startedAt, heartbeatAt, finishedAt, outcome] = row;
  return {
    step,
    index: indexOfKey(key),
    attempt,
    status,
    by,
    startedAt,
    ...(heartbeatAt === null ? {} : { heartbeatAt }),
    ...(finishedAt === null ? {} : { finishedAt }),
    ...(outcome === null ? {} : (JSON.parse(outcome) as Outcome)),
  };
}
