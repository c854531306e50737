import type { Json, JsonObject } from "../graph/graph.ts";
import type { Control } from "../graph/control-value.ts";
import { answerControl, recordFailure } from "../tasks/bookkeeping.ts";
import type { RunScope } from "../tasks/inputs.ts";
import type { Blobs } from "../tasks/outcome.ts";
import { askedNext } from "../statemachines/contract/asked-next.ts";
import {
  INTEGRATIONS,
  MAX_WIDTH,
  type BookkeepingRequest,
  type RunnerRequest,
} from "../statemachines/contract/contract.ts";
import {
  controlFields,
  controlItem,
  parseControlKey,
  type ControlItemKey,
} from "../statemachines/contract/control-item.ts";
import { offlineResources } from "../statemachines/resources.ts";
import { TaskFailure } from "../engine/asl/errors.ts";
import { controlEvent } from "./control-event.ts";
import type { RunEvent } from "./events.ts";
import type { Job } from "./job-queue.ts";
import type { JobResult } from "./open-jobs.ts";
import type { Scheduler } from "./scheduler.ts";
import { stateJob, type JobParameters } from "./state-job.ts";

/** A task that failed for good, as the run's end tells of it. */
export type FailedTask = JobResult[number] & { readonly step: string };

export interface LocalAccount {
  readonly scope: RunScope;
  readonly blobs: Blobs;
  readonly scheduler: Pick<Scheduler, "run">;
  readonly emit?: (event: RunEvent) => void;
  /** Told of every task that failed for good and was not caught, in the order they did. */
  onFailed(task: FailedTask): void;
}

/** What a flow's machine calls in an account, carried out here: Batch and Lambda by the scheduler, DynamoDB by the ledger. */
export function localIntegrations(account: LocalAccount) {
  return async (resource: string, input: Json, task: { signal: AbortSignal }): Promise<Json> => {
    switch (resource) {
      case INTEGRATIONS.job:
        return carryOut(account, stateJob(account.scope.lineage, input as unknown as JobParameters), task.signal);
      case INTEGRATIONS.invoke:
        return { Payload: await invoke(account, input as { FunctionName: string; Payload: JsonObject }, task.signal) };
      case INTEGRATIONS.read:
        return getItem(account, input as { Key: JsonObject });
      case INTEGRATIONS.items:
        return Array.from({ length: MAX_WIDTH }, () => 0);
      default:
        throw new TaskFailure("States.Runtime", `there is no ${resource} on this machine`);
    }
  };
}

async function carryOut(account: LocalAccount, job: Job, signal: AbortSignal): Promise<Json> {
  const failed = await account.scheduler.run(job, signal);
  if (failed.length === 0) return {};
  for (const task of failed)
    if (!job.isRetriedByMachine || task.attempt >= job.attempts) account.onFailed({ step: job.step, ...task });
  const [first] = failed;
  throw new TaskFailure(
    "States.TaskFailed",
    `${job.step}/${first!.index}: ${first!.error.name}: ${first!.error.message}`.slice(0, 1000),
  );
}

async function invoke(
  account: LocalAccount,
  { FunctionName, Payload }: { FunctionName: string; Payload: JsonObject },
  signal: AbortSignal,
): Promise<Json> {
  if (FunctionName === offlineResources.runner.default)
    return runStep(account, Payload as unknown as RunnerRequest, signal);
  const { scope, blobs } = account;
  const request = Payload as unknown as BookkeepingRequest;
  if (request.action === "recordFailure") {
    await recordFailure(scope, blobs, request, Date.now());
    return {};
  }
  const control = await answerControl(scope, blobs, request.node, request.index);
  tell(account, control);
  return controlFields(control.value) as unknown as Json;
}

/** A step whose compute is "lambda": one attempt, and the control value that is asked next. */
async function runStep(
  account: LocalAccount,
  { step, index, attempts }: RunnerRequest,
  signal: AbortSignal,
): Promise<Json> {
  await carryOut(account, { step, size: 1, attempts, isRetriedByMachine: true, index: () => index }, signal);
  const { lineage, key, ledger } = account.scope;
  const next = askedNext(lineage, step, index);
  const [value] = next ? await ledger.readControls(key, [next]) : [];
  if (!next || !value) return {};
  tell(account, { ...next, value });
  return { control: controlFields(value) as unknown as Json };
}

async function getItem(account: LocalAccount, { Key }: { Key: JsonObject }): Promise<Json> {
  const { node, index } = parseControlKey(Key as unknown as ControlItemKey);
  const [value] = await account.scope.ledger.readControls(account.scope.key, [{ node, index }]);
  if (!value) return {};
  const control = { node, index, value };
  tell(account, control);
  return { Item: controlItem(account.scope.key, control) as unknown as Json };
}

function tell({ scope, emit }: LocalAccount, control: Control): void {
  const event = emit && controlEvent(scope.lineage, scope.key, control);
  if (event) emit(event);
}
