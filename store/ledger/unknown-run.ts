import { MillraceError } from "../../graph/errors.ts";
import type { RunKey } from "../../graph/run-name.ts";

/** What every ledger throws where something is to be written for a run that nobody created. */
export function unknownRun({ flow, run }: RunKey): MillraceError {
  return new MillraceError("run.unknown", `there is no run ${run} of it`, {
    where: { flow },
    hint: `See those that there are with: millrace runs ${flow}`,
  });
}
