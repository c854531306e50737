import { MillraceError } from "../../graph/errors.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";

/**
 * Of the flow's runs fewer than `most` are running. Of starts at the same moment each may count itself out, so it is a
 * bound on what goes wrong and no exact number. One query. Throws MillraceError `run.tooMany`.
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
