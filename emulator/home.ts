import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import type { LocalBlobStore } from "../store/blobs/blobs.ts";
import { openFileBlobs } from "../store/blobs/files/file-blobs.ts";
import type { Ledger, LogRange } from "../store/ledger/ledger.ts";
import { checkHomeFolder, createHomeFolder } from "../store/home/home-folder.ts";
import { isStoreStream } from "./account/local-attempt.ts";
import { foreignLog } from "../graph/foreign-log.ts";
import { MillraceError } from "../graph/errors.ts";

export { findHome } from "../store/home/find-home.ts";
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
      hint: "Change into the folder of your flow, or run it first.",
    });
  } else checkHomeFolder(home);
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

/** A ledger that is opened by the first question that it is asked; closed without one, it never is. */
function lazyLedger(open: () => Promise<Ledger>): Ledger {
  let opened: Promise<Ledger> | undefined;
  const ledger = () => (opened ??= open());
  return {
    createRun: async (...asked) => (await ledger()).createRun(...asked),
    updateRun: async (...asked) => (await ledger()).updateRun(...asked),
    readRun: async (...asked) => (await ledger()).readRun(...asked),
    readRunAndSecret: async (...asked) => (await ledger()).readRunAndSecret(...asked),
    isRunning: async (...asked) => (await ledger()).isRunning(...asked),
    listRuns: async (...asked) => (await ledger()).listRuns(...asked),
    listFlows: async (...asked) => (await ledger()).listFlows(...asked),
    startAttempts: async (...asked) => (await ledger()).startAttempts(...asked),
    finishAttempts: async (...asked) => (await ledger()).finishAttempts(...asked),
    heartbeat: async (...asked) => (await ledger()).heartbeat(...asked),
    endRunningAttempts: async (...asked) => (await ledger()).endRunningAttempts(...asked),
    readTasks: async (...asked) => (await ledger()).readTasks(...asked),
    listTasks: async (...asked) => (await ledger()).listTasks(...asked),
    lastTask: async (...asked) => (await ledger()).lastTask(...asked),
    listAttempts: async (...asked) => (await ledger()).listAttempts(...asked),
    listSteps: async (...asked) => (await ledger()).listSteps(...asked),
    writeControls: async (...asked) => (await ledger()).writeControls(...asked),
    readControls: async (...asked) => (await ledger()).readControls(...asked),
    close: async () => (await opened)?.close(),
  };
}

async function* readLog(logs: string, { stream, from, to }: LogRange): AsyncGenerator<Buffer> {
  if (to <= from) return;
  if (!isStoreStream(stream)) throw foreignLog(stream, `a log of the store ${logs}`);
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
