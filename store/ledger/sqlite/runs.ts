import type { Manifest } from "../../artifacts/manifest.ts";
import { boundedError } from "../bounded-error.ts";
import { cursorAt, pageSize, cursorPlaceOf } from "../cursor.ts";
import type { NewRun, Owner, Page, Run, RunAndSecret, RunChange, RunPrincipals, RunQuery, Status } from "../ledger.ts";
import type { RunKey } from "../../../graph/run-name.ts";
import type { TaskError } from "../../../graph/task-error.ts";
import { writeControls } from "./controls.ts";
import type { SqliteStore } from "./store.ts";

/** The id by which the other tables know a run; undefined where there is no such run. */
export function runId(store: SqliteStore, { flow, run }: RunKey): number | undefined {
  return store.get<[number]>("select id from runs where flow = ? and run = ?", [flow, run])?.[0];
}

export function createRun(store: SqliteStore, { controls = [], secret, ...fresh }: NewRun): Run {
  return store.write(() => {
    const run = nextNumber(store, fresh);
    const created: Run = {
      ...fresh,
      tags: [...new Set(fresh.tags)],
      run,
      status: "running",
      heartbeatAt: fresh.createdAt,
    };
    const row = [...rowOf(created), secret ?? null];
    const [id] = store.get<[number]>(
      `insert into runs (${COLUMNS}, secret) values (${row.map(() => "?").join()}) returning id`,
      row,
    ) as [number];
    writeTags(store, created);
    writeControls(store, id, controls);
    return created;
  });
}

/** Counts the flow up by one, over all namespaces, and notes the number as the newest of its namespace too. */
function nextNumber(store: SqliteStore, { flow, namespace }: NewRun): number {
  const [next] = store.get<[number]>(
    `insert into flows (namespace, flow, newest) values ('', ?, 1)
     on conflict do update set newest = newest + 1 returning newest`,
    [flow],
  ) as [number];
  store.run("insert or replace into flows (namespace, flow, newest) values (?, ?, ?)", [namespace, flow, next]);
  return next;
}

export function updateRun(
  store: SqliteStore,
  key: RunKey,
  { change, from }: { readonly change: RunChange; readonly from?: Status | undefined },
): Run | undefined {
  return store.write(() => {
    const before = readRun(store, key);
    if (before === undefined || (from !== undefined && before.status !== from)) return undefined;
    if (change.status === "running" && before.status !== "running") return undefined;
    const after: Run = {
      ...before,
      status: change.status ?? before.status,
      heartbeatAt: change.heartbeatAt ?? before.heartbeatAt,
      tags: change.tags === undefined ? before.tags : [...new Set(change.tags)],
      ...(change.finishedAt === undefined ? {} : { finishedAt: change.finishedAt }),
      ...(change.error === undefined ? {} : { error: boundedError(change.error) }),
      ...(change.principals === undefined ? {} : { principals: { ...before.principals, ...change.principals } }),
    };
    store.run(
      `update runs set status = ?, heartbeat_at = ?, tags = ?, finished_at = ?, error = ?, principals = ?
       where flow = ? and run = ?`,
      [
        after.status,
        after.heartbeatAt,
        JSON.stringify(after.tags),
        after.finishedAt ?? null,
        json(after.error),
        json(after.principals),
        key.flow,
        key.run,
      ],
    );
    if (change.tags !== undefined) {
      for (const tag of before.tags)
        store.run("delete from run_tags where tag = ? and flow = ? and run = ?", [tag, key.flow, key.run]);
      writeTags(store, after);
    }
    return after;
  });
}

function writeTags(store: SqliteStore, { flow, run, tags, createdAt }: Run): void {
  for (const tag of tags) {
    store.run("insert into run_tags (tag, flow, run, created_at) values (?, ?, ?, ?)", [tag, flow, run, createdAt]);
  }
}

export function readRun(store: SqliteStore, { flow, run }: RunKey): Run | undefined {
  const row = store.get<RunRow>(`select ${COLUMNS} from runs where flow = ? and run = ?`, [flow, run]);
  return row && runOf(row);
}

export function readRunAndSecret(store: SqliteStore, { flow, run }: RunKey): RunAndSecret | undefined {
  const row = store.get<[string | null, ...RunRow]>(`select secret, ${COLUMNS} from runs where flow = ? and run = ?`, [
    flow,
    run,
  ]);
  if (!row) return undefined;
  const [secret, ...rest] = row;
  return { run: runOf(rest), ...(secret !== null && { secret }) };
}

export function isRunning(store: SqliteStore, { flow, run }: RunKey): boolean {
  return store.get<[Status]>("select status from runs where flow = ? and run = ?", [flow, run])?.[0] === "running";
}

/**
 * Walks the one index that the query's first given part has (a tag's, else a flow's, a namespace's or a status's, else
 * all runs) from the cursor on, newest first; what else the query asks for is looked at on the way.
 */
export function listRuns(store: SqliteStore, { flow, namespace, tag, status, limit, cursor }: RunQuery): Page<Run> {
  const size = pageSize(limit);
  const keys = tag === undefined ? "r" : "t";
  const order = flow === undefined ? [`${keys}.created_at`, `${keys}.flow`, `${keys}.run`] : [`${keys}.run`];
  const place = cursorPlaceOf(cursor, flow === undefined ? [END_OF_TIME, "", 0] : [END_OF_TIME]);
  const asked: [column: string, value: string | undefined][] = [
    ["t.tag", tag],
    [`${keys}.flow`, flow],
    ["r.namespace", namespace],
    ["r.status", status],
  ];
  const wanted = asked.filter(([, value]) => value !== undefined) as [string, string][];
  const from = tag === undefined ? "runs r" : "run_tags t cross join runs r on r.flow = t.flow and r.run = t.run";
  const conditions = [
    ...wanted.map(([column]) => `${column} = ?`),
    `(${order.join()}) < (${place.map(() => "?").join()})`,
  ];
  const rows = store.all<RunRow>(
    `select ${COLUMNS.replaceAll(/\w+/g, "r.$&")} from ${from} where ${conditions.join(" and ")}
     order by ${order.map((column) => `${column} desc`).join()} limit ?`,
    [...wanted.map(([, value]) => value), ...place, size + 1],
  );
  const items = rows.slice(0, size).map(runOf);
  const last = items.at(-1);
  if (rows.length <= size || last === undefined) return { items };
  return {
    items,
    cursor: cursorAt(flow === undefined ? [last.createdAt, last.flow, last.run] : [last.run]),
  };
}

export function listFlows(
  store: SqliteStore,
  { namespace = "", limit, cursor }: { namespace?: string; limit?: number; cursor?: string },
): Page<{ flow: string; newest: Run }> {
  const size = pageSize(limit);
  const rows = store.all<RunRow>(
    `select ${COLUMNS.replaceAll(/\w+/g, "r.$&")} from flows f cross join runs r on r.flow = f.flow and r.run = f.newest
     where f.namespace = ? and f.flow > ? order by f.flow limit ?`,
    [namespace, ...cursorPlaceOf(cursor, [""]), size + 1],
  );
  const items = rows.slice(0, size).map((row) => ({ flow: row[0], newest: runOf(row) }));
  const last = items.at(-1);
  return rows.length <= size || last === undefined ? { items } : { items, cursor: cursorAt([last.flow]) };
}

/** Later than every time and greater than every number. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

const COLUMNS =
  "flow, run, namespace, user, tags, created_at, code_package, graph, parameters, owner, status, finished_at, error, heartbeat_at, principals";

type RunRow = [
  flow: string,
  run: number,
  namespace: string,
  user: string,
  tags: string,
  createdAt: number,
  codePackage: string,
  graph: string,
  parameters: string,
  owner: string | null,
  status: Status,
  finishedAt: number | null,
  error: string | null,
  heartbeatAt: number,
  principals: string | null,
];

function rowOf(run: Run): RunRow {
  return [
    run.flow,
    run.run,
    run.namespace,
    run.user,
    JSON.stringify(run.tags),
    run.createdAt,
    run.codePackage,
    run.graph,
    JSON.stringify(run.parameters),
    json(run.owner),
    run.status,
    run.finishedAt ?? null,
    json(run.error),
    run.heartbeatAt,
    json(run.principals),
  ];
}

function runOf(row: RunRow): Run {
  const [flow, run, namespace, user, tags, createdAt, codePackage, graph, parameters, owner] = row;
  const [status, finishedAt, error, heartbeatAt, principals] = row.slice(10) as [
    Status,
    number | null,
    string | null,
    number,
    string | null,
  ];
  return {
    flow,
    run,
    namespace,
    user,
    tags: JSON.parse(tags) as string[],
    createdAt,
    codePackage,
    graph,
    parameters: JSON.parse(parameters) as Manifest,
    ...(owner === null ? {} : { owner: JSON.parse(owner) as Owner }),
    status,
    ...(finishedAt === null ? {} : { finishedAt }),
    ...(error === null ? {} : { error: JSON.parse(error) as TaskError }),
    heartbeatAt,
    ...(principals === null ? {} : { principals: JSON.parse(principals) as RunPrincipals }),
  };
}

function json(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
