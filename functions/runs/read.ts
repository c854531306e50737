import { MillraceError } from "../../graph/errors.ts";
import type { Ledger, Run } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";

/** The run. Throws MillraceError `run.unknown`. */
export async function readRun(ledger: Ledger, key: RunKey): Promise<Run> {
  const run = await ledger.readRun(key);
  if (run) return run;
  throw new MillraceError("run.unknown", `there is no run ${key.run} of it`, {
    where: { flow: key.flow },
    mend: `See those that there are with: millrace runs ${key.flow}`,
  });
}
