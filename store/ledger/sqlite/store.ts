import { closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type Database from "libsql";
import { MillraceError } from "../../../graph/errors.ts";
import { PRIVATE_FILE, PRIVATE_FOLDER } from "../../home/home-folder.ts";
import { storeError } from "./error.ts";
import { SCHEMA, SCHEMA_VERSION, UPGRADES } from "./schema.ts";

/** What a statement binds. Nothing else: libsql ends the process where it is given a boolean. */
export type Cell = string | number | null;

/**
 * One connection to a SQLite file, with its statements prepared once. Values are bound by place; a row is an array in
 * the order of its columns. Every method throws MillraceError `store.…` where the file or its disk is at fault.
 */
export interface SqliteStore {
  all<Row extends readonly Cell[]>(sql: string, values: readonly Cell[]): Row[];
  /** The first row, or undefined where there is none. */
  get<Row extends readonly Cell[]>(sql: string, values: readonly Cell[]): Row | undefined;
  /** Answers how many rows changed. */
  run(sql: string, values: readonly Cell[]): number;
  /** Does the work as one transaction that no other writer can come between: all of it or nothing. */
  write<Result>(work: () => Result): Result;
  close(): void;
}

/** How long a writer waits for the others; each holds the file for milliseconds. */
const BUSY_TIMEOUT_MS = 30_000;

/**
 * Opens the file, and makes it where there is none; ":memory:" is a store of this connection alone. Where the file can
 * only be read and nobody writes it, it opens for reading.
 *
 * @throws MillraceError `store.newer` for a file that a later Millrace wrote, and `store.…` as every method does.
 */
export async function openSqliteStore(path: string): Promise<SqliteStore> {
  // Loading it takes a third of the time that starting node does, which a command without a store does not owe.
  const { loadLibsql } = await import("./load-libsql.ts");
  const Connection = loadLibsql();
  try {
    if (path !== ":memory:") makePrivateFile(path);
    return storeOn(await connect(Connection, path), path);
  } catch (thrown) {
    const error = storeError(thrown, path);
    if (!isReadOnly(error) || !isAtRest(path)) throw error;
    return storeOn(readable(new Connection(`${pathToFileURL(path)}?immutable=1`), path), path);
  }
}

/** SQLite gives the files beside it the rights that this one has. One that is there is not opened: closing it would undo SQLite's locks. */
function makePrivateFile(path: string): void {
  mkdirSync(dirname(path), PRIVATE_FOLDER);
  try {
    closeSync(openSync(path, PRIVATE_FILE.flag, PRIVATE_FILE.mode));
  } catch {
    // It is there, or can't be: then SQLite says why.
  }
}

async function connect(Connection: typeof Database, path: string): Promise<Database.Database> {
  const connection = new Connection(path);
  // Connections that turn one new file to WAL at once would wait for each other, and all in vain: here each that finds
  // another at it lets go of the file and comes again. Only then is waiting inside SQLite safe.
  const deadline = Date.now() + BUSY_TIMEOUT_MS;
  while (!isMade(connection, Date.now() > deadline)) await delay(1 + Math.random() * 10);
  connection.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}; pragma synchronous = normal`);
  return readable(connection, path);
}

/**
 * Makes the tables where there are none, and of an earlier version's this one's; false where another connection is in the
 * way, if it is not the `last` try.
 */
function isMade(connection: Database.Database, last: boolean): boolean {
  try {
    const version = versionOf(connection);
    if (version > 0 && version < SCHEMA_VERSION)
      inTransaction(connection, "begin immediate", () => upgrade(connection));
    if (version === 0) {
      // Manifests take hundreds of bytes to thousands: pages of the usual 4 KiB would hold few of them.
      connection.exec("pragma synchronous = normal; pragma page_size = 8192; pragma journal_mode = wal");
      inTransaction(connection, "begin immediate", () => {
        if (readVersion(connection) === 0) connection.exec(`${SCHEMA} pragma user_version = ${SCHEMA_VERSION}`);
      });
    }
    return true;
  } catch (error) {
    if (isBusy(error) && !last) return false;
    throw error;
  }
}

function upgrade(connection: Database.Database): void {
  // Another connection may have been first.
  for (let version = readVersion(connection); version < SCHEMA_VERSION; version++)
    connection.exec(`${UPGRADES[version]!}; pragma user_version = ${version + 1}`);
}

function readable(connection: Database.Database, path: string): Database.Database {
  const version = versionOf(connection);
  if (version <= SCHEMA_VERSION) return connection;
  throw new MillraceError(
    "store.newer",
    `The store ${path} was written by a later Millrace (its version is ${version})`,
    {
      hint: `Install that Millrace, or set MILLRACE_HOME to another folder; this one reads version ${SCHEMA_VERSION}.`,
    },
  );
}

function versionOf(connection: Database.Database): number {
  return inTransaction(connection, "begin; select 1 from sqlite_schema", () => readVersion(connection));
}

function readVersion(connection: Database.Database): number {
  return (connection.prepare("pragma user_version").raw().get([]) as [number])[0];
}

/**
 * `begin` takes the lock, and goes through exec: a prepared statement that finds the file locked is not reset by libsql,
 * and from then on what the connection has read stays open, so that it can't wait for its turn to write.
 */
function inTransaction<Result>(connection: Database.Database, begin: string, work: () => Result): Result {
  try {
    connection.exec(begin);
    const result = work();
    connection.exec("commit");
    return result;
  } catch (error) {
    // SQLite has rolled back by itself where the disk is full.
    if (connection.inTransaction) connection.exec("rollback");
    throw error;
  }
}

function storeOn(connection: Database.Database, path: string): SqliteStore {
  const statements = new Map<string, Database.Statement<[readonly Cell[]]>>();
  let open = true;

  function opened(): Database.Database {
    if (!open) throw new Error("The store is closed");
    return connection;
  }

  function prepared(sql: string) {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = opened().prepare<[readonly Cell[]]>(sql);
      if (statement.reader) statement.raw();
      statements.set(sql, statement);
    }
    return statement;
  }

  function guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw storeError(error, path);
    }
  }

  return {
    all: (sql, values) => guarded(() => prepared(sql).all(values) as never[]),
    get: (sql, values) => guarded(() => prepared(sql).get(values) as never),
    run: (sql, values) => guarded(() => prepared(sql).run(values).changes),
    write: (work) => guarded(() => inTransaction(opened(), "begin immediate", work)),
    close() {
      open = false;
      statements.clear();
      connection.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith("SQLITE_BUSY");
}

function isReadOnly(error: unknown): boolean {
  return error instanceof MillraceError && error.code === "store.readOnly";
}

/** True where the file holds all there is: a log beside it may have more, which can't be read without writing. */
function isAtRest(path: string): boolean {
  return (
    (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0 &&
    !statSync(`${path}-wal`, { throwIfNoEntry: false })?.size
  );
}
