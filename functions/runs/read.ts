import type { Ledger, Run, RunAndSecret } from "../../store/ledger/ledger.ts";
import { unknownRun } from "../../store/ledger/unknown-run.ts";
import type { RunKey } from "../../graph/run-name.ts";

/** The run. Throws MillraceError `run.unknown`. */
export async function requireRun(ledger: Ledger, key: RunKey): Promise<Run> {
  const run = await ledger.readRun(key);
  if (run) return run;
  throw unknownRun(key);
}

/** The same with the run's secret. */
export async function requireRunAndSecret(ledger: Ledger, key: RunKey): Promise<RunAndSecret> {
  const found = await ledger.readRunAndSecret(key);
  if (found) return found;
  throw unknownRun(key);
}
