import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { StartedTask } from "../../functions/api/contract.ts";
import { hashOf } from "../../store/blobs/hash.ts";
import type { Control } from "../../graph/control-value.ts";
import type { LogRange } from "../../store/ledger/ledger.ts";
import type { Definition } from "../../sdk/language/definition.ts";
import { lineageOf } from "../../graph/lineage.ts";
import { askedNext } from "../../statemachines/contract/asked-next.ts";
import { parseRunName } from "../../graph/run-name.ts";
import { type RunnerAnswer, type RunnerRequest } from "../../statemachines/contract/contract.ts";
import { controlFields } from "../../statemachines/contract/control-item.ts";
import { ARCHIVED } from "../package/code-archive-files.ts";
import { unpackArchive } from "../package/code-archive.ts";
import { sendPatiently } from "../patience.ts";
import { findFlow, runRemoteTask } from "../remote-task.ts";
import { shortenPaths } from "../shorten-paths.ts";
import { requestStart, TaskClient, type TaskApi } from "../task-client.ts";
import { applyEnvironment } from "../step-environment.ts";
import { makeWholeFolder } from "../package/whole-folder.ts";

/** What Lambda says of one invocation. */
export interface Invocation {
  readonly awsRequestId: string;
  readonly logGroupName?: string;
  readonly logStreamName?: string;
}

/**
 * The body of the runner function: carries out one attempt of a step whose compute is "lambda", and answers the control
 * value that the machine asks next. Throws where the attempt failed and is not caught, which the machine retries. It has
 * no right but to call the API, for the step's code runs in the same process.
 */
export async function runStep(api: TaskApi, request: RunnerRequest, invocation: Invocation): Promise<RunnerAnswer> {
  process.setSourceMapsEnabled(true);
  const startedAt = Date.now();
  const run = parseRunName(request.run);
  const { step, index, proof } = request;
  const started = await requestStart(api, run, { step, index, by: invocation.awsRequestId, proof });
  if (started.state === "done") return started.control ? { control: controlFields(started.control) } : {};
  const root = await unpack(started.code);
  const definition = findFlow((await import(pathToFileURL(flowModule(root)).href)) as object, run.flow);
  const client = new TaskClient(api, run, started.token);
  const restore = applyEnvironment(definition, step);
  const task = { ...run, step, index, started, last: started.attempt >= request.attempts };
  const report = await runRemoteTask(definition, task, client).report.finally(restore);
  const log = logOf(invocation, startedAt);
  const error = report.error && shortenPaths(report.error, root);
  await client.finish({ ...report, ...(error && { error }), ...(log && { log }) });
  if (report.status === "succeeded" || report.caught) return answer(definition, request, report.controls ?? []);
  throw Object.assign(new Error(error?.message ?? report.status), { name: error?.name ?? "Failed", stack: "" });
}

function answer(definition: Definition, { step, index }: RunnerRequest, controls: readonly Control[]): RunnerAnswer {
  const asked = askedNext(lineageOf(definition.graph), step, index);
  const control = asked && controls.find((one) => one.node === asked.node && one.index === asked.index);
  return control ? { control: controlFields(control.value) } : {};
}

/** As deep as the package was in its store, so that the source map's paths begin with the root. */
const CODE_FOLDER = join("store", "code", "package");

function flowModule(root: string): string {
  return join(root, CODE_FOLDER, ARCHIVED.flow);
}

/** The folder of a code package: from the invocation before, where it was the same. */
async function unpack({ hash, url }: StartedTask["code"]): Promise<string> {
  const root = join(tmpdir(), `millrace-${hash}`);
  if (existsSync(root)) return root;
  const response = await sendPatiently(() => fetch(url));
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) throw new Error(`the code package is not there: status ${response.status}`);
  if (hashOf([bytes]) !== hash) throw new Error(`the code package is damaged: its SHA-256 is not ${hash}`);
  const files = unpackArchive(bytes);
  makeWholeFolder(
    root,
    Object.fromEntries([ARCHIVED.flow, ARCHIVED.map].map((name) => [join(CODE_FOLDER, name), files[name]!])),
  );
  return root;
}

/** A stream of the function's log group, in milliseconds since the epoch. */
function logOf({ logGroupName, logStreamName }: Invocation, from: number): LogRange | undefined {
  return logStreamName ? { stream: `${logGroupName}:${logStreamName}`, from, to: Date.now() } : undefined;
}
