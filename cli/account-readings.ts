import type { Attempt, RunSummary } from "../store/ledger/ledger.ts";
import { parseLocalAttempt } from "../emulator/account/local-attempt.ts";
import { abandonment } from "../emulator/settle-abandoned.ts";
import { settlingReader } from "../emulator/settling-reader.ts";
import { MillraceError } from "../graph/errors.ts";
import { createClient, type Client, type RunReader } from "../sdk/client/client.ts";
import type { AccountProfile } from "../sdk/client/profiles.ts";

/** What can be read of an account's runs; the log by this person's own right to read CloudWatch. */
export interface AccountReadings {
  readonly runs: RunReader;
  readBlob(hash: string): Uint8Array;
  readLog(run: RunSummary, attempt: Attempt): AsyncIterable<Uint8Array>;
  close?: undefined;
}

export async function readAccount(profile: AccountProfile): Promise<AccountReadings> {
  const client = createClient(profile);
  await client.prepare();
  return {
    runs: settlingReader(client.runs, (run) => settle(client, run)),
    readBlob: (hash) => client.readBlob(hash),
    async *readLog(run, attempt) {
      const here = parseLocalAttempt(attempt.by);
      if (here) return yield* readLocalLog(here, run, attempt);
      const { readAttemptLog } = await import("../aws/logs/cloudwatch-log.ts");
      yield* readAttemptLog(profile, run, attempt);
    },
  };
}

/** Ends a run whose program is gone, which its jobs then hear; whoever may not is shown it as it is. */
async function settle(client: Client, run: RunSummary): Promise<RunSummary> {
  const error = abandonment(run, Date.now());
  if (!error) return run;
  return client.own.finish(run, { status: "failed", error }).catch(() => run);
}

/** Of a step that a person's machine carried out the output stays there, in the store beside the flow. */
async function* readLocalLog(
  { host, stream }: { readonly host: string; readonly stream: string },
  { flow }: RunSummary,
  { step }: Attempt,
): AsyncGenerator<Uint8Array> {
  const { hostname } = await import("node:os");
  if (host !== hostname())
    throw new MillraceError("log.elsewhere", `it was carried out on ${host}, and its output is there`, {
      where: { flow, step },
      hint: "Look for it there, in the folder of the flow.",
    });
  const { createReadStream, existsSync } = await import("node:fs");
  const { join } = await import("node:path");
  const { findHome } = await import("../store/home/find-home.ts");
  const file = join(findHome(), "logs", stream);
  // A task that printed nothing has none.
  if (existsSync(file)) yield* createReadStream(file) as AsyncIterable<Uint8Array>;
}
