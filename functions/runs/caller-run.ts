import { MillraceError } from "../../graph/errors.ts";
import type { Ledger, Run } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { requireRun } from "./read.ts";

/**
 * A run that its caller carries out and that goes on. Throws MillraceError `run.notHere` for one that Step Functions
 * carries out, `run.over` for one that has ended.
 */
export async function readCallerRun(ledger: Ledger, key: RunKey): Promise<Run> {
  const run = await requireRun(ledger, key);
  if (!run.owner)
    throw new MillraceError("run.notHere", `run ${key.run} is carried out by Step Functions`, {
      where: { flow: key.flow },
    });
  if (run.status !== "running")
    throw new MillraceError("run.over", `the run has ${run.status}`, { where: { flow: key.flow } });
  return run;
}
