import { parseRunName, type BookkeepingRequest } from "../../statemachines/contract.ts";
import { controlFields, type ControlFields } from "../../statemachines/control-item.ts";
import type { BlobStore } from "../blobs/blobs.ts";
import { readRun } from "../runs/read.ts";
import { answerControl, recordFailure } from "../tasks/bookkeeping.ts";
import { withAwaitedBlobs } from "./awaited-blobs.ts";
import type { TaskCalls } from "./task-calls.ts";

/** What a flow's state machine asks of the bookkeeping function (statemachines/contract.ts). */
export async function keepBooks(
  {
    ledger,
    blobs,
    lineageOf,
    now,
  }: Pick<TaskCalls, "ledger" | "lineageOf" | "now"> & {
    readonly blobs: Pick<BlobStore, "read" | "write">;
  },
  request: BookkeepingRequest,
): Promise<ControlFields | Record<string, never>> {
  const key = parseRunName(request.run);
  const { graph, parameters } = await readRun(ledger, key);
  const lineage = await lineageOf(graph);
  return withAwaitedBlobs(blobs, ledger, async (awaited, ledger) => {
    const scope = { ledger, key, lineage, parameters };
    if (request.action === "control") {
      const { value } = await answerControl(scope, awaited, request.node, request.index);
      return controlFields(value);
    }
    await recordFailure(scope, awaited, request, now());
    return {};
  });
}
