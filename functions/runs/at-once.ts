import { MillraceError } from "../../graph/errors.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";

/**
 * Throws MillraceError `run.tooMany` unless fewer than `most` of the flow's runs are running. Starts at the same moment do not
 * see one another, so a few more may run: it bounds what goes wrong, and is no exact number. One query.
 */
export async function checkAtOnce(ledger: Pick<Ledger, "listRuns">, flow: string, most: number): Promise<void> {
  const { items } = await ledger.listRuns({ flow, status: "running", limit: most });
  if (items.length < most) return;
  throw new MillraceError(
    "run.tooMany",
    `${items.length} of its runs are running, as many as the deployment lets run at once`,
    {
      where: { flow },
      hint: `Wait until one has ended, stop one with: millrace stop ${flow}/RUN, or deploy Millrace with another bound: npx sls deploy --param runsAtOnce=…`,
    },
  );
}
