import { hostname } from "node:os";
import type { Ledger, RunSummary } from "../store/ledger/ledger.ts";
import type { TaskError } from "../graph/task-error.ts";

/** A run is taken for abandoned once its program, on another machine, has said nothing for this long. */
const SILENCE_MILLISECONDS = 120_000;
/** A process with its pid is here: most likely it is that very program, on a laptop that slept or is busy. */
const SILENCE_HERE_MILLISECONDS = 900_000;

/**
 * Ends a run that says it is running although the program that drove it is gone: killed on this machine, or silent for
 * too long. Answers the run as it now is. Whoever shows runs calls it first, so that none stays running for ever.
 */
export async function settleAbandoned(ledger: Ledger, run: RunSummary, now: number = Date.now()): Promise<RunSummary> {
  const error = abandonment(run, now);
  if (!error) return run;
  const settled = await ledger.updateRun(run, { status: "failed", finishedAt: now, error }, "running");
  if (!settled) return (await ledger.readRun(run)) ?? run;
  await ledger.endRunningAttempts(run, { status: "failed", at: now, error });
  return settled;
}

/** What to say of a run whose program is gone; undefined of any other. */
export function abandonment({ status, owner, heartbeatAt }: RunSummary, now: number): TaskError | undefined {
  if (status !== "running" || !owner) return undefined;
  const isHere = owner.host === hostname();
  if (isHere && !isAlive(owner.pid))
    return abandoned(`the program that drove it (pid ${owner.pid}) ended without a word`);
  if (now - heartbeatAt <= (isHere ? SILENCE_HERE_MILLISECONDS : SILENCE_MILLISECONDS)) return undefined;
  const where = isHere ? "" : ` on ${owner.host}`;
  const silence = Math.round((now - heartbeatAt) / 1000);
  return abandoned(`the program that drove it (pid ${owner.pid}${where}) has said nothing for ${silence} seconds`);
}

function abandoned(message: string): TaskError {
  return { name: "Abandoned", message };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
