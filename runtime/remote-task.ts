import type { FinishTaskRequest, StartedTask } from "../functions/api/contract.ts";
import type { Manifest } from "../store/artifacts/manifest.ts";
import { unpackValue } from "../store/artifacts/pack.ts";
import type { Control } from "../graph/control-value.ts";
import type { RunKey } from "../graph/run-name.ts";
import type { TaskKey } from "../graph/task-key.ts";
import { packArtifacts } from "../tasks/outcome.ts";
import type { BranchInputs } from "../tasks/start.ts";
import type { Definition } from "../sdk/language/definition.ts";
import { definitionOf, isFlow } from "../sdk/language/definition.ts";
import { parseParameters } from "../sdk/language/parameters.ts";
import { TaskBlobs } from "./task-blobs.ts";
import type { TaskClient } from "./task-client.ts";
import { taskError } from "./task-error.ts";
import { runTask, type Task, type TaskOutcome } from "./task.ts";

/** An attempt that has begun away from the ledger: in a container, or in the runner function. */
export interface RemoteTask extends RunKey, TaskKey {
  readonly started: StartedTask;
  /** No further attempt follows. */
  readonly last: boolean;
}

/** What an attempt asks of the API while it runs. */
export type TaskService = Pick<TaskClient, "prepare" | "sign" | "signSync" | "readBranches">;

export interface RunningRemoteTask {
  /** What became of it, once what it leaves is stored. It is not reported yet. */
  readonly report: Promise<FinishTaskRequest>;
  /** Fires the signal that the handler sees. */
  stop(): void;
}

/** The flow that a code package exports by that name. */
export function findFlow(module: object, name: string): Definition {
  for (const value of Object.values(module)) {
    if (!isFlow(value)) continue;
    const definition = definitionOf(value);
    if (definition.graph.name === name) return definition;
  }
  throw new Error(`the code package exports no flow ${name}`);
}

/** Calls the step's handler with artifacts that are read through signed URLs, and stores what it returns. */
export function runRemoteTask(definition: Definition, remote: RemoteTask, client: TaskService): RunningRemoteTask {
  const blobs = new TaskBlobs(client);
  let stop: (() => void) | undefined;
  let isStopped = false;
  const work = async (): Promise<FinishTaskRequest> => {
    const { started } = remote;
    blobs.allow(started.reads);
    await client.prepare();
    let settled: Settled;
    try {
      settled = await settleParameters(definition, started, blobs);
    } catch (error) {
      return { status: "failed", error: taskError(error) };
    }
    const task: Task = {
      flow: remote.flow,
      run: remote.run,
      step: remote.step,
      index: remote.index,
      attempt: started.attempt,
      last: remote.last,
      tags: started.tags,
      parameters: settled.parameters,
      base: { ...started.base, ...settled.own },
      items: started.items,
      ...(await allBranches(started, client, blobs)),
    };
    const running = runTask(definition, task, blobs);
    stop = () => running.stop();
    if (isStopped) running.stop();
    const outcome = await running.outcome;
    if (!("own" in outcome)) return outcome;
    const own = { ...settled.own, ...started.items, ...outcome.own };
    const left = new Set([...blobsOf(own), ...pagesOf(outcome.controls)]);
    await blobs.upload(left);
    return { ...report(outcome, started.base, own), ...(left.size > 0 && { blobs: blobs.leave(left) }) };
  };
  return {
    report: work(),
    stop() {
      isStopped = true;
      stop?.();
    },
  };
}

function report(outcome: Extract<TaskOutcome, { own: Manifest }>, base: Manifest, own: Manifest): FinishTaskRequest {
  const { controls } = outcome;
  if (outcome.status === "succeeded") return { status: "succeeded", base, own, controls };
  return { status: "failed", caught: true, error: outcome.error, base, own, controls };
}

interface Settled {
  readonly parameters: Manifest;
  /** Those that the task leaves for the steps after it. */
  readonly own: Manifest;
}

/** Makes of the parameters as they were given what the flow's own validators make of them. */
async function settleParameters(
  definition: Definition,
  { settleParameters: where, parameters, base }: StartedTask,
  blobs: TaskBlobs,
): Promise<Settled> {
  if (where === undefined) return { parameters, own: {} };
  const names = Object.keys(parameters);
  const values = Object.fromEntries(names.map((name) => [name, unpackValue(parameters[name]!, blobs.read)]));
  const settled = packArtifacts(await parseParameters(definition, values), blobs);
  if (where === "context") return { parameters: settled, own: {} };
  const untouched = Object.keys(settled).filter(
    (name) => base[name] === undefined || JSON.stringify(base[name]) === JSON.stringify(parameters[name]),
  );
  return { parameters: settled, own: Object.fromEntries(untouched.map((name) => [name, settled[name]!])) };
}

/** The branches of a wide foreach come in pages. */
async function allBranches(
  { branches }: StartedTask,
  client: TaskService,
  blobs: TaskBlobs,
): Promise<{ readonly branches?: BranchInputs }> {
  if (!branches) return {};
  if (branches.type === "branch") return { branches };
  const manifests = [...branches.manifests];
  while (manifests.length < branches.width) {
    const page = await client.readBranches({ from: manifests.length });
    if (page.manifests.length === 0) throw new Error(`the branches from ${manifests.length} on are not there`);
    manifests.push(...page.manifests);
    blobs.allow(page.reads);
  }
  return { branches: { type: "foreach", manifests } };
}

function blobsOf(manifest: Manifest): string[] {
  return Object.values(manifest).flatMap((ref) => ("blob" in ref ? [ref.blob] : []));
}

function pagesOf(controls: readonly Control[]): string[] {
  return controls.flatMap(({ value }) => (value.type === "foreach" ? value.pages : []));
}
