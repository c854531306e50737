import { MillraceError } from "../../graph/errors.ts";
import type { Ledger, Run } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { requireRun } from "./read.ts";

/** A run, and who asks for it. */
export interface AskedRun extends RunKey {
  readonly principal: string | undefined;
}

/**
 * A run that its caller carries out, whether it goes on or not. Throws MillraceError `run.notHere` for one that Step
 * Functions carries out, `run.owned` for one that is another person's.
 */
export async function requireCallerRun(ledger: Ledger, { principal, ...key }: AskedRun): Promise<Run> {
  const run = await requireRun(ledger, key);
  const where = { flow: key.flow };
  if (!run.owner) throw new MillraceError("run.notHere", `run ${key.run} is carried out by Step Functions`, { where });
  const maker = run.principals?.made;
  if (maker !== undefined && maker !== principal)
    throw new MillraceError("run.owned", `run ${key.run} is carried out by ${maker}`, { where });
  return run;
}

/** The same of one that goes on. Throws MillraceError `run.over` besides. */
export async function readCallerRun(ledger: Ledger, asked: AskedRun): Promise<Run> {
  const run = await requireCallerRun(ledger, asked);
  if (run.status !== "running")
    throw new MillraceError("run.over", `the run has ${run.status}`, { where: { flow: asked.flow } });
  return run;
}
