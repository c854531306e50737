import { createReadStream, existsSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import type { LocalBlobStore } from "../functions/blobs/blobs.ts";
import { openFileBlobs } from "../functions/blobs/files.ts";
import type { Ledger, LogRange, Run, TaskError } from "../functions/ledger/ledger.ts";
import { createHomeFolder } from "../runtime/home-folder.ts";
import { MillraceError } from "../sdk/errors.ts";

const FOLDER = ".millrace";

/**
 * The folder of the local store: MILLRACE_HOME where it is set; else `.millrace` beside the flow's file, there or not. Where no
 * file is told, the one that is there: in the working directory or the nearest above it, else the only one that is at
 * most two folders below. Throws MillraceError `store.missing` and `store.ambiguous`.
 */
export function findHome(flowFile?: string): string {
  const set = process.env["MILLRACE_HOME"];
  if (set) return resolve(set);
  if (flowFile !== undefined) return join(dirname(resolve(flowFile)), FOLDER);
  const here = process.cwd();
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, FOLDER))) return join(folder, FOLDER);
    if (folder === dirname(folder)) break;
  }
  const below = [...homesBelow(here, 2)];
  if (below.length === 1) return below[0]!;
  if (below.length === 0) {
    throw new MillraceError(
      "store.missing",
      `no run was made here: there is no ${FOLDER} in ${here}, above it or two folders below`,
      {
        mend: "Change into the folder of your flow, or set MILLRACE_HOME to the store's folder.",
      },
    );
  }
  const names = below.map((home) => relative(here, home)).join(", ");
  throw new MillraceError(
    "store.ambiguous",
    `there is more than one store below ${here}: ${names}`,
    {
      mend: "Change into the folder of your flow, or set MILLRACE_HOME to one of them.",
    },
  );
}

function* homesBelow(folder: string, deeper: number): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    if (entry.name === FOLDER) yield path;
    else if (deeper > 0 && !entry.name.startsWith(".")) {
      try {
        yield* homesBelow(path, deeper - 1);
      } catch {
        // A folder that may not be read holds no store of this user's.
      }
    }
  }
}

/** The local store: what AWS keeps in DynamoDB, S3 and CloudWatch. */
export interface Store {
  readonly home: string;
  /** Opened when it is first asked something. */
  readonly ledger: Ledger;
  readonly blobs: LocalBlobStore;
  /** The folder that log streams are files of. */
  readonly logs: string;
  /** The bytes of a range of a log stream, in pieces. Throws MillraceError `log.missing`. */
  readLog(range: LogRange): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** Opens the store in a folder, which is made where it is missing, except to read it. Throws MillraceError `store.missing`, `store.unwritable`. */
export function openStore(home: string, options: { readonly readonly?: boolean } = {}): Store {
  if (!options.readonly) createHomeFolder(home);
  else if (!existsSync(home)) {
    throw new MillraceError("store.missing", `no run was made here: there is no folder ${home}`, {
      mend: "Change into the folder of your flow, or run it first.",
    });
  }
  const logs = join(home, "logs");
  const ledger = lazyLedger(async () => {
    const { openSqliteLedger } = await import("../functions/ledger/sqlite.ts");
    return openSqliteLedger(join(home, "ledger.sqlite"));
  });
  return {
    home,
    ledger,
    blobs: openFileBlobs(join(home, "blobs")),
    logs,
    readLog: (range) => readLog(logs, range),
    close: () => ledger.close(),
  };
}

/** A ledger that is opened by the first question that it is asked. */
function lazyLedger(open: () => Ledger | Promise<Ledger>): Ledger {
  let opened: Promise<Ledger> | undefined;
  type Method = (...args: unknown[]) => Promise<unknown>;
  return new Proxy({} as Ledger, {
    get(_, name: keyof Ledger | "then") {
      if (name === "then") return undefined;
      if (name === "close") return async () => (await opened)?.close();
      return async (...args: unknown[]) => {
        const ledger = await (opened ??= (async () => open())());
        return (ledger[name] as Method).apply(ledger, args);
      };
    },
  });
}

async function* readLog(logs: string, { stream, from, to }: LogRange): AsyncGenerator<Buffer> {
  if (to <= from) return;
  try {
    yield* createReadStream(join(logs, stream), {
      start: from,
      end: to - 1,
      highWaterMark: 1 << 18,
    });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    throw new MillraceError("log.missing", `the log ${stream} is no longer in ${logs}`, {
      cause: error,
    });
  }
}

// ---- runs whose program is gone

/** A run is taken for abandoned once its program has said nothing for this long. */
const SILENCE_MILLISECONDS = 30_000;

/**
 * Ends a run that says it is running although the program that drove it is gone: killed on this machine, or silent for
 * half a minute. Answers the run as it now is. Whoever shows runs calls it first, so that none stays running for ever.
 */
export async function settleAbandoned(
  ledger: Ledger,
  run: Run,
  now: number = Date.now(),
): Promise<Run> {
  const reason = abandonment(run, now);
  if (!reason) return run;
  const error: TaskError = { name: "Abandoned", message: reason };
  const settled = await ledger.updateRun(
    run,
    { status: "failed", finishedAt: now, error },
    "running",
  );
  if (!settled) return (await ledger.readRun(run)) ?? run;
  await ledger.endRunningAttempts(run, { status: "failed", at: now, error });
  return settled;
}

function abandonment({ status, owner, heartbeatAt }: Run, now: number): string | undefined {
  if (status !== "running" || !owner) return undefined;
  const isHere = owner.host === hostname();
  if (isHere && !isAlive(owner.pid))
    return `the program that drove it (pid ${owner.pid}) ended without a word`;
  if (now - heartbeatAt <= SILENCE_MILLISECONDS) return undefined;
  const where = isHere ? "" : ` on ${owner.host}`;
  return `the program that drove it (pid ${owner.pid}${where}) has said nothing for ${Math.round((now - heartbeatAt) / 1000)} seconds`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
