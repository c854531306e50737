import { MillraceError } from "../../graph/errors.ts";
import type { Lineage } from "../../graph/lineage.ts";
import { parseRunName } from "../../graph/run-name.ts";
import { type BookkeepingRequest } from "../../statemachines/contract/contract.ts";
import { controlFields, type ControlFields } from "../../statemachines/contract/control-item.ts";
import { errorOfCause } from "../../aws/batch/cause.ts";
import { endLostAttempts } from "../../aws/batch/lost-attempt.ts";
import type { BlobStore } from "../../store/blobs/blobs.ts";
import type { ControlValue } from "../../graph/control-value.ts";
import type { Run } from "../../store/ledger/ledger.ts";
import type { TaskError } from "../../graph/task-error.ts";
import { requireRun } from "../runs/read.ts";
import type { RunScope } from "../../tasks/inputs.ts";
import { answerControl, recordFailure, type CaughtFailure } from "../../tasks/bookkeeping.ts";
import { withAwaitedBlobs } from "./awaited-blobs.ts";
import type { AnswerMachineRequest } from "./run-schemas.ts";
import type { TaskCalls } from "./task-calls.ts";

export interface Bookkeeping extends Pick<TaskCalls, "ledger" | "lineageOf" | "now" | "jobs"> {
  readonly blobs: Pick<BlobStore, "read" | "write">;
}

/** What a flow's state machine asks of the bookkeeping function (statemachines/contract.ts). */
export async function answerMachine(
  bookkeeping: Bookkeeping,
  request: BookkeepingRequest,
): Promise<ControlFields | Record<string, never>> {
  const run = await requireRun(bookkeeping.ledger, parseRunName(request.run));
  const value = await answerMachineOf(bookkeeping, run, request);
  return value ? controlFields(value) : {};
}

/** The same for a run that was read: answers the control value where one is asked. Throws MillraceError `control.unknown`, `step.unknown`. */
export async function answerMachineOf(
  bookkeeping: Bookkeeping,
  { flow, run, graph, parameters }: Run,
  request: AnswerMachineRequest,
): Promise<ControlValue | undefined> {
  const { ledger, blobs, lineageOf, now } = bookkeeping;
  const lineage = await lineageOf(graph);
  checkAsked(lineage, request);
  const scope = { ledger, key: { flow, run }, lineage, parameters };
  if (request.action === "control")
    return withAwaitedBlobs(blobs, async (awaited) => (await answerControl(scope, awaited, request)).value);
  const error = await whyFailed(bookkeeping, scope, request);
  await withAwaitedBlobs(blobs, (awaited) => recordFailure(scope, awaited, { ...request, error, at: now() }));
  return undefined;
}

/** Children of an array whose end Batch is asked about. */
const LOOKED_AT = 200;

/** What the state machine says of the failure, in words for people; each task that died without a word is ended with its own. */
async function whyFailed(
  bookkeeping: Bookkeeping,
  { key: run, lineage }: Pick<RunScope, "key" | "lineage">,
  { step, index, width, error }: CaughtFailure,
): Promise<TaskError> {
  const { depth } = lineage.steps.get(step)!;
  const under = depth > 1 ? { under: index } : {};
  const tasks =
    width === undefined
      ? await bookkeeping.ledger.readTasks(run, [{ step, index }])
      : (await bookkeeping.ledger.listTasks(run, step, { limit: LOOKED_AT, ...under })).items;
  await endLostAttempts(
    bookkeeping,
    run,
    tasks.filter((task) => task !== undefined),
  );
  return errorOfCause(error.name, error.message, bookkeeping.jobs);
}

function checkAsked(lineage: Lineage, request: AnswerMachineRequest): void {
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
