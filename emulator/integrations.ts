import { lineageOf } from "../sdk/graph/lineage.ts";
import { formatIndex, parseIndex } from "../sdk/graph/task-index.ts";
import type { Json, JsonObject } from "../sdk/graph/graph.ts";
import type { Control, ControlKey } from "../functions/ledger/ledger.ts";
import { answerControl, recordFailure } from "../functions/tasks/bookkeeping.ts";
import type { RunScope } from "../functions/tasks/inputs.ts";
import type { Blobs } from "../functions/tasks/outcome.ts";
import { controlItem, parseControlKey, RANGES_WIDTH } from "../statemachines/control-item.ts";
import { TaskFailure } from "./asl/errors.ts";
import type { RunEvent } from "./events.ts";
import type { Job } from "./job-queue.ts";
import type { JobResult, Scheduler } from "./scheduler.ts";

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
  readonly RetryStrategy?: { readonly Attempts: number };
}

interface RunnerRequest {
  readonly step: string;
  readonly index: string;
  readonly last: boolean;
}

type BookkeepingRequest =
  | { readonly action: "control"; readonly node: string; readonly index: string }
  | { readonly action: "recordFailure"; readonly step: string; readonly index: string; readonly width?: number; readonly error: string };

/** What a flow's machine calls in an account, carried out here: Batch and Lambda by the scheduler, DynamoDB by the ledger. */
export function localIntegrations(account: LocalAccount) {
  return async (resource: string, input: Json, task: { signal: AbortSignal }): Promise<Json> => {
    switch (resource) {
      case "arn:aws:states:::batch:submitJob.sync":
        return submitJob(account, input as unknown as JobParameters, task.signal);
      case "arn:aws:states:::lambda:invoke":
        return { Payload: await invoke(account, input as { FunctionName: string; Payload: JsonObject }, task.signal) };
      case "arn:aws:states:::dynamodb:getItem":
        return getItem(account, input as { Key: JsonObject });
      case "arn:aws:states:::s3:getObject":
        return Array.from({ length: RANGES_WIDTH }, () => 0);
      default:
        throw new TaskFailure("States.Runtime", `there is no ${resource} on this machine`);
    }
  };
}

async function submitJob(account: LocalAccount, input: JobParameters, signal: AbortSignal): Promise<Json> {
  const env = new Map(input.ContainerOverrides.Environment.map(({ Name, Value }) => [Name, Value]));
  const step = env.get("MILLRACE_STEP")!;
  const index = env.get("MILLRACE_INDEX")!;
  const attempts = input.RetryStrategy?.Attempts ?? 1;
  const size = input.ArrayProperties?.Size;
  if (size === undefined) return carryOut(account, { step, size: 1, attempts, index: () => index }, signal);
  const parent = parseIndex(index, account.scope.lineage.steps.get(step)!.depth - 1);
  const offset = Number(env.get("MILLRACE_OFFSET") ?? 0);
  return carryOut(account, { step, size, attempts, index: (position) => formatIndex([...parent, offset + position]) }, signal);
}

async function carryOut(account: LocalAccount, job: Job, signal: AbortSignal): Promise<Json> {
  const failed = await account.scheduler.run(job, signal);
  if (failed.length === 0) return {};
  for (const task of failed) account.onFailed({ step: job.step, ...task });
  const [first] = failed;
  throw new TaskFailure("States.TaskFailed", `${job.step}/${first!.index}: ${first!.error.name}: ${first!.error.message}`.slice(0, 1000));
}

async function invoke(account: LocalAccount, { FunctionName, Payload }: { FunctionName: string; Payload: JsonObject }, signal: AbortSignal): Promise<Json> {
  const { scope, blobs } = account;
  if (FunctionName.endsWith("runner")) {
    const { step, index } = Payload as unknown as RunnerRequest;
    return carryOut(account, { step, size: 1, attempts: 1, index: () => index }, signal);
  }
  const request = Payload as unknown as BookkeepingRequest;
  if (request.action === "control") {
    const { node, index } = request;
    const control = await answerControl(scope, blobs, node, index);
    tell(account, control);
    return answer(account, control);
  }
  await recordFailure(scope, blobs, request.step, request.index, request.width, { name: request.error, message: request.error }, Date.now());
  return {};
}

async function getItem(account: LocalAccount, { Key }: { Key: JsonObject }): Promise<Json> {
  const { node, index }: ControlKey = parseControlKey(Key);
  const [value] = await account.scope.ledger.readControls(account.scope.key, [{ node, index }]);
  if (!value) return {};
  const control = { node, index, value };
  tell(account, control);
  return { Item: controlItem(runOf(account), control) };
}

function answer(account: LocalAccount, control: Control): Json {
  return controlItem(runOf(account), control);
}

function runOf({ scope: { key } }: LocalAccount): string {
  return `${key.flow}/${key.run}`;
}

/** The machine has asked for the value: a foreach begins, or a loop has come to its bound. */
function tell({ scope, emit }: LocalAccount, { node, index, value }: Control): void {
  if (!emit) return;
  const { flow, run } = scope.key;
  const place = lineageOf(scope.lineage.graph).controls.get(node)?.node;
  if (value.type === "foreach" && place?.type === "foreach") {
    const [first] = place.body;
    emit({ type: "split.started", flow, run, at: Date.now(), step: first?.type === "step" ? first.name : node, index, width: value.width });
  } else if (value.type === "loop" && value.bound && place?.type === "loop") {
    emit({ type: "loop.bound", flow, run, at: Date.now(), loop: place.while, index, max: place.max });
  }
}
