import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { FinishTaskRequest, StartedTask } from "../../functions/api/contract.ts";
import type { Control } from "../../graph/control-value.ts";
import type { LogRange } from "../../store/ledger/ledger.ts";
import type { Definition } from "../../sdk/language/definition.ts";
import { lineageOf } from "../../graph/lineage.ts";
import type { TaskError } from "../../graph/task-error.ts";
import { askedNext } from "../../statemachines/contract/asked-next.ts";
import { parseRunName } from "../../graph/run-name.ts";
import { type RunnerAnswer, type RunnerRequest } from "../../statemachines/contract/contract.ts";
import { controlFields } from "../../statemachines/contract/control-item.ts";
import { ARCHIVED } from "../../store/code/code-archive-files.ts";
import { findFlow, runRemoteTask } from "../remote-task.ts";
import { shortenPaths } from "../shorten-paths.ts";
import { taskError } from "../task-error.ts";
import { requestStart, TaskClient, type TaskApi } from "../task-client.ts";
import { applyEnvironment } from "../step-environment.ts";

/** What Lambda says of one invocation. */
export interface Invocation {
  readonly awsRequestId: string;
  readonly logGroupName?: string;
  readonly logStreamName?: string;
}

/** What a function that carries out steps has. */
export interface Runner {
  readonly api: TaskApi;
  /** Where the code package is. Throws where it is not here. */
  readonly code: (code: StartedTask["code"]) => CodeFolder | Promise<CodeFolder>;
}

export interface CodeFolder {
  /** The folder that the source map's paths begin with. */
  readonly root: string;
  /** The one with the package's files. */
  readonly folder: string;
}

/**
 * Carries out one attempt of a step whose compute is "lambda", and answers the control value that the machine asks next.
 * Throws where the attempt failed and is not caught, which the machine retries.
 */
export async function runStep(runner: Runner, request: RunnerRequest, invocation: Invocation): Promise<RunnerAnswer> {
  process.setSourceMapsEnabled(true);
  const startedAt = Date.now();
  const run = parseRunName(request.run);
  const { step, index, proof } = request;
  const started = await requestStart(runner.api, run, { step, index, by: invocation.awsRequestId, proof });
  if (started.state === "done") return started.control ? { control: controlFields(started.control) } : {};
  const client = new TaskClient(runner.api, run, started.token);
  const end = async ({ error, ...report }: FinishTaskRequest, root?: string): Promise<TaskError | undefined> => {
    const log = logOf(invocation, startedAt);
    const shortened = error && root !== undefined ? shortenPaths(error, root) : error;
    await client.finish({ ...report, ...(shortened && { error: shortened }), ...(log && { log }) });
    return shortened;
  };
  let loaded: LoadedFlow;
  try {
    loaded = await loadFlow(runner, run.flow, started);
  } catch (thrown) {
    throw thrownFor(await end({ status: "failed", error: taskError(thrown) }), "failed");
  }
  const { definition, root } = loaded;
  const restore = applyEnvironment(definition, step);
  const task = { ...run, step, index, started, last: started.attempt >= request.attempts };
  const report = await runRemoteTask(definition, task, client).report.finally(restore);
  const error = await end(report, root);
  if (report.status === "succeeded" || report.caught) return answer(definition, request, report.controls ?? []);
  throw thrownFor(error, report.status);
}

interface LoadedFlow {
  readonly definition: Definition;
  readonly root: string;
}

async function loadFlow(runner: Runner, flow: string, { code }: StartedTask): Promise<LoadedFlow> {
  const { root, folder } = await runner.code(code);
  const module = (await import(pathToFileURL(join(folder, ARCHIVED.flow)).href)) as object;
  return { definition: findFlow(module, flow), root };
}

/** What the machine hears; all else is in the ledger. */
function thrownFor(error: TaskError | undefined, status: string): Error {
  return Object.assign(new Error(error?.message ?? status), { name: error?.name ?? "Failed", stack: "" });
}

function answer(definition: Definition, { step, index }: RunnerRequest, controls: readonly Control[]): RunnerAnswer {
  const asked = askedNext(lineageOf(definition.graph), step, index);
  const control = asked && controls.find((one) => one.node === asked.node && one.index === asked.index);
  return control ? { control: controlFields(control.value) } : {};
}

/** A stream of the function's log group, in milliseconds since the epoch. */
function logOf({ logGroupName, logStreamName }: Invocation, from: number): LogRange | undefined {
  return logStreamName ? { stream: `${logGroupName}:${logStreamName}`, from, to: Date.now() } : undefined;
}
