import type { OwnRun } from "../../functions/api/contract.ts";
import type { Attempt, Run } from "../../store/ledger/ledger.ts";
import type { TaskError } from "../../graph/task-error.ts";
import type { TaskKey } from "../../graph/task-key.ts";
import type { Client } from "../../sdk/client/client.ts";
import { MillraceError } from "../../graph/errors.ts";
import { lineageOf } from "../../graph/lineage.ts";
import { compile } from "../../statemachines/compile.ts";
import { machineInput } from "../../statemachines/contract/contract.ts";
import type { MachineResources } from "../../statemachines/resources.ts";
import { executeFlow } from "../execute-flow.ts";
import { runError, type RunResult } from "../engine.ts";
import type { RunEvent } from "../events.ts";
import type { FailedTask } from "../integrations.ts";
import { accountIntegrations } from "./integrations.ts";
import type { LogTails } from "../../aws/logs/job-log.ts";
import type { TaskHappening } from "./job-teller.ts";
import { JobWatcher, type BatchJobs } from "./job-watcher.ts";
import type { Functions } from "./lambda-functions.ts";
import { LambdaTasks } from "./lambda-tasks.ts";
import { LocalTasks, type LocalTasksOptions } from "./local-tasks.ts";

const HEARTBEAT_MILLISECONDS = 20_000;

/** A run to be recorded in an account and carried through by this program. */
export interface AccountRun {
  readonly client: Client;
  readonly run: Omit<OwnRun, "engine">;
  readonly resources: MachineResources;
  readonly batch: BatchJobs;
  readonly logs: LogTails;
  readonly functions: Functions;
  /** How steps that stay on this machine are carried out. */
  readonly local: Pick<LocalTasksOptions, "api" | "maxWorkers" | "runtime" | "flowModule" | "root" | "logs" | "env">;
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
}

/**
 * Records a run and executes its flow's state machine here, each step where its graph says. Resolves however the run ends;
 * rejects where the account can't be used, and then the run has failed.
 */
export async function runWithAccount(request: AccountRun): Promise<RunResult> {
  const { client, resources, onEvent, signal } = request;
  const { graph } = request.run;
  const compiled = compile(graph, resources);
  const run = await client.own.create(request.run);
  const key = { flow: run.flow, run: run.run };
  const lineage = lineageOf(graph);
  const emit = (event: RunEvent) => onEvent?.(event);
  emit({ type: "run.started", ...key, at: run.createdAt, tags: run.tags });

  const tell = (happening: TaskHappening) => emit({ ...happening, ...key, at: Date.now() } as RunEvent);
  const readAttempts = (task: TaskKey): Promise<Attempt[]> => client.runs.listAttempts(key, task);
  const isCaught = (step: string) => lineage.steps.get(step)?.node.options.catch === true;
  const batch = new JobWatcher({ batch: request.batch, logs: request.logs, tell, readAttempts, isCaught });
  const lambda = new LambdaTasks({ functions: request.functions, tell, readAttempts, isCaught });
  const startTask = (task: Parameters<typeof client.own.startTask>[1]) => client.own.startTask(key, task);
  const local = new LocalTasks({ ...request.local, run: key, lineage, tell, readAttempts, startTask });

  const failed: FailedTask[] = [];
  const onFailed = (task: FailedTask) => failed.push(task);
  const places = { run: key, lineage, resources, own: client.own, batch, lambda, local, tell: emit, onFailed };
  const stop = new AbortController();
  const settle = (end: RunEnd) => finishRun(client, key, end);
  // The ledger first: whatever the tasks report while they are ended, they were stopped.
  const onStop = () => void settle({ status: "stopped", error: STOPPED }).then(() => stop.abort(new Error("stopped")));
  const heartbeat = setInterval(() => {
    const isAlive = client.own.heartbeat(key).catch(() => true);
    void isAlive.then((alive) => alive || stop.abort(new Error("the run was ended")));
  }, HEARTBEAT_MILLISECONDS);
  if (signal?.aborted) onStop();
  else signal?.addEventListener("abort", onStop, { once: true });
  try {
    const ended = await executeFlow(
      compiled,
      { ...machineInput(key) },
      {
        integrations: accountIntegrations(places),
        signal: stop.signal,
        execution: { name: `${key.flow}-${key.run}` },
      },
    );
    const isStopped = stop.signal.aborted;
    const status = isStopped ? "stopped" : ended.status === "SUCCEEDED" ? "succeeded" : "failed";
    const error = status === "succeeded" ? undefined : runError(status, ended, failed);
    if (!isStopped) await settle({ status, ...(error && { error }) });
    await Promise.all([batch.close(), local.close()]);
    const counts = [batch.counts, lambda.counts, local.counts];
    const sum = (one: keyof (typeof counts)[0]) => counts.reduce((total, count) => total + count[one], 0);
    const tasks = { succeeded: sum("succeeded"), failed: sum("failed"), stopped: sum("stopped") };
    const notRun = status === "succeeded" ? undefined : await stepsNotReached(client, run, [...lineage.steps.keys()]);
    const seconds = (Date.now() - run.createdAt) / 1000;
    const more = { ...(error && { error }), ...(notRun && { notRun }) };
    emit({ type: "run.finished", ...key, at: Date.now(), status, seconds, tasks, ...more });
    return { ...key, status, ...(error && { error }) };
  } catch (thrown) {
    const { code, message } = thrown as Partial<MillraceError>;
    await settle({ status: "failed", error: { name: code ?? "EngineFailed", message: String(message) } }).catch(
      () => {},
    );
    throw thrown;
  } finally {
    clearInterval(heartbeat);
    signal?.removeEventListener("abort", onStop);
    await Promise.all([batch.close(), local.close()]);
    request.functions.close();
  }
}

/** Characters of an error that the API takes, and some. */
const LONGEST_MESSAGE = 60_000;

type RunEnd = Pick<RunResult, "status" | "error">;

const STOPPED = { name: "Stopped", message: "the run was stopped" };

/** A run that was stopped is told by its silence, where its end can't be told otherwise. */
async function finishRun(client: Client, key: Pick<Run, "flow" | "run">, { status, error }: RunEnd): Promise<void> {
  try {
    await client.own.finish(key, { status, ...(error && { error: asKept(error) }) });
  } catch (thrown) {
    if (status !== "stopped") throw thrown;
  }
}

/** As the ledger has it: its task besides in words, and nothing endless. */
function asKept({ name, message, source, stack, step, index }: NonNullable<RunEnd["error"]>): TaskError {
  const place = step === undefined ? "" : `${step}/${index}: `;
  return {
    name: name.slice(0, 200),
    message: (place + message).slice(0, LONGEST_MESSAGE),
    ...(source !== undefined && { source: source.slice(0, 1000) }),
    ...(stack !== undefined && { stack: stack.slice(0, LONGEST_MESSAGE) }),
  };
}

async function stepsNotReached(client: Client, run: Run, steps: readonly string[]): Promise<string[]> {
  const reached = await client.runs.listSteps(run).catch(() => undefined);
  return reached ? steps.filter((step) => !reached.some((one) => one.step === step)) : [];
}
