/** Kept in the file's user_version; a greater one was written by a later Millrace. */
export const SCHEMA_VERSION = 3;

/** What makes of a file of each version one of the next. */
export const UPGRADES: Readonly<Record<number, string>> = {
  1: "alter table runs add column secret text",
  2: "alter table runs add column principals text",
};

/**
 * The tables. Facts that no query looks for are JSON: `tags`, `parameters`, `owner`, `principals`, `error`, and an attempt's `outcome`
 * (error, caught, manifest, log). Indices of tasks are kept as keys that sort (index-order.ts).
 *
 * - `flows` holds the newest run's number by namespace and, under the namespace '', over all of them.
 * - `tasks` holds each task's newest attempt, `past_attempts` those that it replaced. They have row ids since a manifest
 *   would spill out of the small cells that SQLite's keyed tables have.
 * - `steps` counts a run's tasks by status, so that reading them does not read 10,000 tasks.
 */
export const SCHEMA = `
create table flows (
  namespace text not null, flow text not null, newest integer not null,
  primary key (namespace, flow)
) without rowid;

create table runs (
  id integer primary key,
  flow text not null, run integer not null, namespace text not null, user text not null, tags text not null,
  created_at integer not null, code_package text not null, graph text not null, parameters text not null, owner text,
  status text not null, finished_at integer, error text, heartbeat_at integer not null, secret text,
  principals text,
  unique (flow, run)
);
create index runs_of_flow_by_namespace on runs (flow, namespace, run);
create index runs_of_flow_by_status on runs (flow, status, run);
create index runs_by_time on runs (created_at, flow, run);
create index runs_by_namespace on runs (namespace, created_at, flow, run);
create index runs_by_status on runs (status, created_at, flow, run);

create table run_tags (
  tag text not null, flow text not null, run integer not null, created_at integer not null,
  primary key (tag, flow, run)
) without rowid;
create index run_tags_by_time on run_tags (tag, created_at, flow, run);

create table steps (
  run_id integer not null, step text not null, place integer not null,
  running integer not null, succeeded integer not null, failed integer not null, stopped integer not null,
  started_at integer not null, finished_at integer,
  primary key (run_id, step)
) without rowid;

create table tasks (
  run_id integer not null, step text not null, key text not null, attempt integer not null,
  status text not null, started_by text not null, started_at integer not null,
  heartbeat_at integer, finished_at integer, outcome text,
  primary key (run_id, step, key)
);

create table past_attempts (
  run_id integer not null, step text not null, key text not null, attempt integer not null,
  status text not null, started_by text not null, started_at integer not null,
  heartbeat_at integer, finished_at integer, outcome text,
  primary key (run_id, step, key, attempt)
);

create table controls (
  run_id integer not null, node text not null, key text not null, value text not null,
  primary key (run_id, node, key)
) without rowid;
`;
