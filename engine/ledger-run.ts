import type { ControlValue } from "../graph/control-value.ts";
import type { Lineage } from "../graph/lineage.ts";
import type { RunnerRequest } from "../statemachines/contract/contract.ts";
import { answerControl, recordFailure } from "../tasks/bookkeeping.ts";
import type { RunScope } from "../tasks/inputs.ts";
import type { Blobs } from "../tasks/outcome.ts";
import { askedNext } from "../statemachines/contract/asked-next.ts";
import { assertSucceeded, type Job, type JobResult } from "./job.ts";
import type { WorldRun } from "./world.ts";

type OfLedger = Pick<WorldRun, "invokeStep" | "readControl" | "answerControl" | "recordFailure">;

/** The part of a world that has the ledger at hand, and in which a Lambda step is a job like any other. */
export function ledgerRun(
  scope: RunScope,
  blobs: Blobs,
  runJob: (job: Job, signal: AbortSignal) => Promise<JobResult>,
): OfLedger {
  const { ledger, key, lineage } = scope;
  const readControl: OfLedger["readControl"] = async (control) => (await ledger.readControls(key, [control]))[0];
  return {
    readControl,
    answerControl: async (asked) => (await answerControl(scope, blobs, asked)).value,
    recordFailure: (failure) => recordFailure(scope, blobs, { ...failure, at: Date.now() }),
    invokeStep: (_name, request, signal) => invokeAsJob({ lineage, runJob, readControl }, request, signal),
  };
}

/** What invokeStep is where a Lambda step is a job like any other. */
export async function invokeAsJob(
  place: {
    readonly lineage: Lineage;
    readonly runJob: (job: Job, signal: AbortSignal) => Promise<JobResult>;
    readonly readControl: WorldRun["readControl"];
  },
  { step, index, attempts, proof }: RunnerRequest,
  signal: AbortSignal,
): Promise<ControlValue | undefined> {
  const job: Job = { step, size: 1, attempts, proof, isRetriedByMachine: true, index: () => index };
  assertSucceeded(job, await place.runJob(job, signal));
  const next = askedNext(place.lineage, step, index);
  return next && place.readControl(next);
}
