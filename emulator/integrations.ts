import { lineageOf } from "../sdk/graph/lineage.ts";
import type { Json, JsonObject } from "../sdk/graph/graph.ts";
import type { Control } from "../functions/ledger/ledger.ts";
import { answerControl, recordFailure } from "../functions/tasks/bookkeeping.ts";
import type { RunScope } from "../functions/tasks/inputs.ts";
import type { Blobs } from "../functions/tasks/outcome.ts";
import { askedNext } from "../statemachines/asked-next.ts";
import {
  arrayChildIndex,
  INTEGRATIONS,
  MAX_WIDTH,
  TASK_ENVIRONMENT,
  type BookkeepingRequest,
  type RunnerRequest,
} from "../statemachines/contract.ts";
import { controlFields, controlItem, parseControlKey, type ControlItemKey } from "../statemachines/control-item.ts";
import { offlineResources } from "../statemachines/resources.ts";
import { TaskFailure } from "./asl/errors.ts";
import type { RunEvent } from "./events.ts";
import type { Job } from "./job-queue.ts";
import type { JobResult } from "./open-jobs.ts";
import type { Scheduler } from "./scheduler.ts";

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

interface JobParameters {
  readonly ContainerOverrides: { readonly Environment: readonly { readonly Name: string; readonly Value: string }[] };
  readonly ArrayProperties?: { readonly Size: number };
}

/** What a flow's machine calls in an account, carried out here: Batch and Lambda by the scheduler, DynamoDB by the ledger. */
export function localIntegrations(account: LocalAccount) {
  return async (resource: string, input: Json, task: { signal: AbortSignal }): Promise<Json> => {
    switch (resource) {
      case INTEGRATIONS.job:
        return submitJob(account, input as unknown as JobParameters, task.signal);
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

async function submitJob(account: LocalAccount, input: JobParameters, signal: AbortSignal): Promise<Json> {
  const env = new Map(input.ContainerOverrides.Environment.map(({ Name, Value }) => [Name, Value]));
  const step = env.get(TASK_ENVIRONMENT.step)!;
  const index = env.get(TASK_ENVIRONMENT.index)!;
  const attempts = Number(env.get(TASK_ENVIRONMENT.attempts) ?? 1);
  const size = input.ArrayProperties?.Size;
  if (size === undefined) return carryOut(account, { step, size: 1, attempts, index: () => index }, signal);
  const depth = account.scope.lineage.steps.get(step)!.depth - 1;
  const offset = Number(env.get(TASK_ENVIRONMENT.offset) ?? 0);
  return carryOut(
    account,
    { step, size, attempts, index: (position) => arrayChildIndex(index, depth, offset + position) },
    signal,
  );
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

/** The machine has asked for the value: a foreach begins, or a loop has come to its bound. */
function tell({ scope, emit }: LocalAccount, { node, index, value }: Control): void {
  if (!emit) return;
  const { flow, run } = scope.key;
  const place = lineageOf(scope.lineage.graph).controls.get(node)?.node;
  if (value.type === "foreach" && place?.type === "foreach") {
    const [first] = place.body;
    emit({
      type: "split.started",
      flow,
      run,
      at: Date.now(),
      step: first?.type === "step" ? first.name : node,
      index,
      width: value.width,
    });
  } else if (value.type === "loop" && value.bound && place?.type === "loop") {
    emit({ type: "loop.bound", flow, run, at: Date.now(), loop: place.while, index, max: place.max });
  }
}
