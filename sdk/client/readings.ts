import type { Attempt, Run } from "../../functions/ledger/ledger.ts";
import { createClient, type RunReader } from "./client.ts";
import type { AccountProfile } from "./profiles.ts";

/** What can be read of an account's runs; the log by this person's own right to read CloudWatch. */
export interface AccountReadings {
  readonly runs: RunReader;
  readBlob(hash: string): Uint8Array;
  readLog(run: Run, attempt: Attempt): AsyncIterable<Uint8Array>;
  close?: undefined;
}

export async function readAccount(profile: AccountProfile): Promise<AccountReadings> {
  const client = createClient(profile);
  await client.prepare();
  return {
    runs: client.runs,
    readBlob: (hash) => client.readBlob(hash),
    async *readLog(run, attempt) {
      const { readAttemptLog } = await import("./cloudwatch-log.ts");
      yield* readAttemptLog(profile.region, run, attempt);
    },
  };
}
