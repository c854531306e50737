import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import type { LocalBlobStore } from "../store/blobs/blobs.ts";
import { openFileBlobs } from "../store/blobs/files/file-blobs.ts";
import type { Ledger, LogRange } from "../store/ledger/ledger.ts";
import { createHomeFolder } from "../runtime/package/home-folder.ts";
import { MillraceError } from "../graph/errors.ts";

export { findHome } from "./find-home.ts";
export { settleAbandoned } from "./settle-abandoned.ts";

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
    const { openSqliteLedger } = await import("../store/ledger/sqlite/sqlite-ledger.ts");
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
