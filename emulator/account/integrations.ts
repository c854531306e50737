import type { ControlKey, ControlValue } from "../../graph/control-value.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { Json, JsonObject } from "../../graph/graph.ts";
import type { Lineage } from "../../graph/lineage.ts";
import type { OwnRuns } from "../../sdk/client/own-runs.ts";
import {
  INTEGRATIONS,
  MAX_WIDTH,
  type BookkeepingRequest,
  type RunnerRequest,
} from "../../statemachines/contract/contract.ts";
import {
  controlFields,
  controlItem,
  parseControlKey,
  type ControlItemKey,
} from "../../statemachines/contract/control-item.ts";
import type { MachineResources } from "../../statemachines/resources.ts";
import { TaskFailure } from "../../engine/asl/errors.ts";
import { controlEvent } from "../control-event.ts";
import type { RunEvent } from "../events.ts";
import type { JobResult } from "../open-jobs.ts";
import { stateJob, type JobParameters } from "../state-job.ts";
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
  const job = stateJob(places.lineage, parameters as unknown as JobParameters);
  const { step, place, size, isArray, index } = job;
  if (places.lineage.steps.get(step)!.node.options.compute !== "batch")
    return settle(places, step, await places.local.run(job, signal));
  const submitted = { parameters, step, index: place, ...(isArray && { array: { size, index } }) };
  return settle(places, step, await places.batch.run(submitted, signal));
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

function tellControl({ run, lineage, tell }: AccountPlaces, key: ControlKey, value: ControlValue): void {
  const event = controlEvent(lineage, run, { ...key, value });
  if (event) tell(event);
}
