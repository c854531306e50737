import type { Ledger, Run } from "../../store/ledger/ledger.ts";
import { unknownRun } from "../../store/ledger/unknown-run.ts";
import type { RunKey } from "../../graph/run-name.ts";

/** The run. Throws MillraceError `run.unknown`. */
export async function requireRun(ledger: Ledger, key: RunKey): Promise<Run> {
  const run = await ledger.readRun(key);
  if (run) return run;
  throw unknownRun(key);
}
