import { MillraceError } from "../../sdk/errors.ts";
import type { Lineage } from "../../sdk/graph/lineage.ts";
import { parseRunName, type BookkeepingRequest } from "../../statemachines/contract.ts";
import { controlFields, type ControlFields } from "../../statemachines/control-item.ts";
import type { BlobStore } from "../blobs/blobs.ts";
import type { ControlValue, Run } from "../ledger/ledger.ts";
import { readRun } from "../runs/read.ts";
import { answerControl, recordFailure } from "../tasks/bookkeeping.ts";
import { withAwaitedBlobs } from "./awaited-blobs.ts";
import type { KeepBooksRequest } from "./contract.ts";
import type { TaskCalls } from "./task-calls.ts";

export interface Bookkeeping extends Pick<TaskCalls, "ledger" | "lineageOf" | "now"> {
  readonly blobs: Pick<BlobStore, "read" | "write">;
}

/** What a flow's state machine asks of the bookkeeping function (statemachines/contract.ts). */
export async function keepBooks(
  books: Bookkeeping,
  request: BookkeepingRequest,
): Promise<ControlFields | Record<string, never>> {
  const run = await readRun(books.ledger, parseRunName(request.run));
  const value = await keepBooksOf(books, run, request);
  return value ? controlFields(value) : {};
}

/** The same for a run that was read: answers the control value where one is asked. Throws MillraceError `control.unknown`, `step.unknown`. */
export async function keepBooksOf(
  { ledger, blobs, lineageOf, now }: Bookkeeping,
  { flow, run, graph, parameters }: Run,
  request: KeepBooksRequest,
): Promise<ControlValue | undefined> {
  const lineage = await lineageOf(graph);
  checkAsked(lineage, request);
  return withAwaitedBlobs(blobs, ledger, async (awaited, ledger) => {
    const scope = { ledger, key: { flow, run }, lineage, parameters };
    if (request.action === "control") return (await answerControl(scope, awaited, request.node, request.index)).value;
    await recordFailure(scope, awaited, request, now());
    return undefined;
  });
}

function checkAsked(lineage: Lineage, request: KeepBooksRequest): void {
  const flow = lineage.graph.name;
  if (request.action === "control") {
    const type = lineage.controls.get(request.node)?.node.type;
    if (type === "foreach" || type === "switch") return;
    throw new MillraceError("control.unknown", `nobody may ask for ${request.node}`, { where: { flow } });
  }
  const { step } = request;
  const options = lineage.steps.get(step)?.node.options;
  if (!options) throw new MillraceError("step.unknown", "there is no such step", { where: { flow, step } });
  if (options.catch !== true)
    throw new MillraceError("task.notCaught", "its failures are not caught", { where: { flow, step } });
}
