import type { ControlKey, ControlValue, RunKey } from "../../functions/ledger/ledger.ts";
import type { Json, JsonObject } from "../../sdk/graph/graph.ts";
import type { Lineage } from "../../sdk/graph/lineage.ts";
import type { OwnRuns } from "../../sdk/client/own-runs.ts";
import {
  arrayChildIndex,
  INTEGRATIONS,
  MAX_WIDTH,
  TASK_ENVIRONMENT,
  type BookkeepingRequest,
  type RunnerRequest,
} from "../../statemachines/contract.ts";
import { controlFields, controlItem, parseControlKey, type ControlItemKey } from "../../statemachines/control-item.ts";
import type { MachineResources } from "../../statemachines/resources.ts";
import { TaskFailure } from "../asl/errors.ts";
import type { RunEvent } from "../events.ts";
import type { JobResult } from "../open-jobs.ts";
import type { JobWatcher } from "./job-watcher.ts";
import type { LambdaTasks } from "./lambda-tasks.ts";
import type { LocalTasks } from "./local-tasks.ts";

/** What carries out the steps of one run, by where they go. */
export interface AccountPlaces {
  readonly run: RunKey;
  readonly lineage: Lineage;
  readonly resources: MachineResources;
  readonly own: OwnRuns;
  readonly batch: Pick<JobWatcher, "run">;
  readonly lambda: Pick<LambdaTasks, "run">;
  readonly local: Pick<LocalTasks, "run">;
  readonly tell: (event: RunEvent) => void;
  /** Told of every task that failed for good and was not caught, in the order they did. */
  readonly onFailed: (task: JobResult[number] & { readonly step: string }) => void;
}

interface JobParameters {
  readonly ContainerOverrides: { readonly Environment: readonly { readonly Name: string; readonly Value: string }[] };
  readonly ArrayProperties?: { readonly Size: number };
}

/**
 * What a flow's machine calls, carried out for a run of a person's own: Batch and Lambda by that person's rights, steps that
 * stay here by processes of this machine, and what the ledger knows by the API.
 */
export function accountIntegrations(places: AccountPlaces) {
  return async (resource: string, input: Json, task: { signal: AbortSignal }): Promise<Json> => {
    switch (resource) {
      case INTEGRATIONS.job:
        return submitJob(places, input as JsonObject, task.signal);
      case INTEGRATIONS.invoke:
        return { Payload: await invoke(places, input as { FunctionName: string; Payload: JsonObject }, task.signal) };
      case INTEGRATIONS.read:
        return getItem(places, input as { Key: JsonObject });
      case INTEGRATIONS.items:
        return Array.from({ length: MAX_WIDTH }, () => 0);
      default:
        throw new TaskFailure("States.Runtime", `there is no ${resource} for a run on this machine`);
    }
  };
}

async function submitJob(places: AccountPlaces, parameters: JsonObject, signal: AbortSignal): Promise<Json> {
  const { ContainerOverrides, ArrayProperties } = parameters as unknown as JobParameters;
  const env = new Map(ContainerOverrides.Environment.map(({ Name, Value }) => [Name, Value]));
  const step = env.get(TASK_ENVIRONMENT.step)!;
  const index = env.get(TASK_ENVIRONMENT.index)!;
  const size = ArrayProperties?.Size;
  const place = places.lineage.steps.get(step)!;
  const offset = Number(env.get(TASK_ENVIRONMENT.offset) ?? 0);
  const child = (position: number) => arrayChildIndex(index, place.depth - 1, offset + position);
  if (place.node.options.compute === "batch") {
    const job = { parameters, step, index, ...(size !== undefined && { array: { size, index: child } }) };
    return settle(places, step, await places.batch.run(job, signal));
  }
  const attempts = Number(env.get(TASK_ENVIRONMENT.attempts) ?? 1);
  const job = { step, attempts, size: size ?? 1, index: size === undefined ? () => index : child };
  return settle(places, step, await places.local.run(job, signal));
}

function settle(places: AccountPlaces, step: string, failed: JobResult): Json {
  const [first] = failed;
  if (!first) return {};
  for (const task of failed) places.onFailed({ step, ...task });
  throw new TaskFailure(
    "States.TaskFailed",
    `${step}/${first.index}: ${first.error.name}: ${first.error.message}`.slice(0, 1000),
  );
}

async function invoke(
  places: AccountPlaces,
  { FunctionName, Payload }: { FunctionName: string; Payload: JsonObject },
  signal: AbortSignal,
): Promise<Json> {
  const { resources, own, run } = places;
  if (FunctionName !== resources.bookkeeping) {
    const request = Payload as unknown as RunnerRequest;
    return places.lambda.run(FunctionName, request, signal, places.onFailed);
  }
  const { run: _, ...request } = Payload as unknown as BookkeepingRequest & JsonObject;
  const value = await own.keepBooks(run, request);
  if (!value || request.action !== "control") return {};
  tellControl(places, request, value);
  return controlFields(value) as unknown as Json;
}

async function getItem(places: AccountPlaces, { Key }: { Key: JsonObject }): Promise<Json> {
  const { node, index } = parseControlKey(Key as unknown as ControlItemKey);
  const value = await places.own.readControl(places.run, { node, index });
  if (!value) return {};
  tellControl(places, { node, index }, value);
  return { Item: controlItem(places.run, { node, index, value }) as unknown as Json };
}

/** The machine has asked for the value: a foreach begins, or a loop has come to its bound. */
function tellControl({ run, lineage, tell }: AccountPlaces, { node, index }: ControlKey, value: ControlValue): void {
  const place = lineage.controls.get(node)?.node;
  const at = { ...run, at: Date.now(), index };
  if (value.type === "foreach" && place?.type === "foreach") {
    const [first] = place.body;
    const step = first?.type === "step" ? first.name : node;
    tell({ type: "split.started", ...at, step, width: value.width });
  } else if (value.type === "loop" && value.bound && place?.type === "loop") {
    tell({ type: "loop.bound", ...at, loop: place.while, max: place.max });
  }
}
