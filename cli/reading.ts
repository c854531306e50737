import { parseLocalAttempt } from "../emulator/account/local-attempt.ts";
import { findHome } from "../store/home/find-home.ts";
import { openStore } from "../emulator/home.ts";
import { settleAbandoned } from "../emulator/settle-abandoned.ts";
import { settlingReader } from "../emulator/settling-reader.ts";
import type { ReadBlob } from "../store/artifacts/pack.ts";
import type { Attempt, LogRange, RunSummary } from "../store/ledger/ledger.ts";
import type { RunReader } from "../sdk/client/client.ts";
import { activeProfile } from "../sdk/client/profiles.ts";
import { openSink, type Sink } from "./output/sink.ts";

export type { RunReader } from "../sdk/client/client.ts";

/** What can be read of runs, whether they are kept here or in an account. */
export interface Readings {
  readonly runs: RunReader;
  readonly readBlob: ReadBlob;
  /** What the attempt printed, in pieces. Throws MillraceError `log.missing`. */
  readLog(run: RunSummary, attempt: Attempt): AsyncIterable<Uint8Array>;
}

/** What a command that reads needs: the store here or the account in use, and stdout, both closed when it is done. */
export async function reading(work: (readings: Readings, out: Sink) => Promise<void>): Promise<number> {
  const profile = activeProfile();
  const readings =
    profile.type === "local" ? readStore() : await (await import("./account-readings.ts")).readAccount(profile);
  const out = openSink(process.stdout);
  try {
    await work(readings, out);
  } finally {
    await out.flush();
    await readings.close?.();
  }
  return 0;
}

function wholeStream(stream: string | undefined): LogRange | undefined {
  return stream === undefined ? undefined : { stream, from: 0, to: Infinity };
}

function readStore(): Readings & { close?(): Promise<void> } {
  const store = openStore(findHome(), { readonly: true });
  return {
    runs: settlingReader(store.ledger, (run) => settleAbandoned(store.ledger, run)),
    readBlob: (hash) => store.blobs.readSync(hash),
    async *readLog(_, { log, by }) {
      // Of a task that `millrace emulate` carried out the whole stream is its.
      const own = log ?? wholeStream(parseLocalAttempt(by)?.stream);
      if (own) yield* store.readLog(own);
    },
    close: () => store.close(),
  };
}
