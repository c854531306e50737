import type { LogTails } from "../../aws/logs/job-log.ts";
import type { Functions } from "../../aws/lambda/functions.ts";
import type { OwnRun } from "../../functions/api/contract.ts";
import type { JobResult, StateJob } from "../../engine/job.ts";
import type { RunEnd, TaskEvents, World, WorldRun } from "../../engine/world.ts";
import { lineageOf } from "../../graph/lineage.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { TaskError } from "../../graph/task-error.ts";
import type { TaskKey } from "../../graph/task-key.ts";
import type { Client } from "../../sdk/client/client.ts";
import { controlValue, type ControlFields } from "../../statemachines/contract/control-item.ts";
import type { Attempt } from "../../store/ledger/ledger.ts";
import { invokeAsJob } from "../../engine/ledger-run.ts";
import { JobWatcher, type WatchedBatch } from "./job-watcher.ts";
import { LambdaTasks } from "./lambda-tasks.ts";
import { LocalTasks, type LocalTasksOptions } from "./local-tasks.ts";

const HEARTBEAT_MILLISECONDS = 20_000;

/** A run to be recorded in an account and carried through by this program. */
export interface AccountRun {
  readonly client: AccountClient;
  readonly run: Omit<OwnRun, "engine">;
  readonly batch: WatchedBatch;
  readonly logs: LogTails;
  readonly functions: Functions;
  /** How steps that stay on this machine are carried out. */
  readonly local: Pick<LocalTasksOptions, "api" | "maxWorkers" | "runtime" | "flowModule" | "root" | "logs" | "env">;
  /** Every step is carried out on this machine, whatever it says: what answers for the account has no Batch and no Lambda. */
  readonly stepsStay?: true;
  /** 20 seconds unless given. */
  readonly heartbeatMilliseconds?: number;
}

/** What of an account's API a run that is carried out here asks. */
export interface AccountClient {
  readonly own: Pick<Client["own"], "create" | "finish" | "heartbeat" | "readControl" | "answerMachine" | "startTask">;
  readonly runs: Pick<Client["runs"], "listAttempts">;
}

/** An account, by the rights of the person at this machine: each step where its graph says, the ledger behind the API. */
export function accountWorld(request: AccountRun): World {
  return {
    heartbeatMilliseconds: request.heartbeatMilliseconds ?? HEARTBEAT_MILLISECONDS,
    createRun: (events) => createAccountRun(request, events),
  };
}

async function createAccountRun(request: AccountRun, events: TaskEvents): Promise<WorldRun> {
  const { own } = request.client;
  const { stepsStay } = request;
  const { flow, run, createdAt, tags, secret = "" } = await own.create(request.run);
  const key = { flow, run };
  const { lineage, batch, lambda, local } = openPlaces(request, key, events);
  let recorded: Promise<void> | undefined;
  const record = (end: RunEnd) =>
    (recorded ??= recordEnd(own, key, end).catch((error: unknown) => {
      recorded = undefined;
      throw error;
    }));
  const isOnBatch = (step: string) => !stepsStay && lineage.steps.get(step)!.node.options.compute === "batch";
  const runJob = (job: StateJob, signal: AbortSignal): Promise<JobResult> =>
    isOnBatch(job.step) ? batch.run(job, signal) : local.run(job, signal);
  const readControl: WorldRun["readControl"] = (control) => own.readControl(key, control);
  return {
    key,
    createdAt,
    tags,
    secret,
    runJob,
    async invokeStep(name, step, signal) {
      if (stepsStay)
        return invokeAsJob({ lineage, readControl, runJob: (job) => local.run(job, signal) }, step, signal);
      const answer = await lambda.run(name, step, signal);
      const fields = (answer as { readonly control?: ControlFields } | null)?.control;
      return fields && controlValue(fields);
    },
    heartbeat: () => own.heartbeat(key),
    readControl,
    answerControl: (control) => own.answerMachine(key, { action: "control", ...control }),
    recordFailure: async (failure) => {
      await own.answerMachine(key, { action: "recordFailure", ...failure });
    },
    announceEnd: record,
    async finish(end) {
      try {
        await record(end).catch((error: unknown) => {
          // Where the end of a run that was stopped can't be reported, its missing heartbeats show it.
          if (end.status !== "stopped") throw error;
        });
      } finally {
        await Promise.all([batch.close(), local.close()]);
        request.functions.close();
      }
    },
  };
}

/** What carries out the steps of one run, by where they go. */
function openPlaces(
  { client, run: { graph }, batch, logs, functions, local }: AccountRun,
  key: RunKey,
  events: TaskEvents,
) {
  const lineage = lineageOf(graph);
  const common = {
    emit: (event: Parameters<TaskEvents["emit"]>[0]) => events.emit(event),
    readAttempts: (task: TaskKey): Promise<Attempt[]> => client.runs.listAttempts(key, task),
    isCaught: (step: string) => lineage.steps.get(step)?.node.options.catch === true,
  };
  return {
    lineage,
    batch: new JobWatcher({ ...common, batch, logs }),
    lambda: new LambdaTasks({ ...common, functions }),
    local: new LocalTasks({
      ...common,
      ...local,
      run: key,
      lineage,
      startTask: (task) => client.own.startTask(key, task),
    }),
  };
}

/** Characters of an error that the API takes, and some. */
const LONGEST_MESSAGE = 60_000;

async function recordEnd(own: AccountClient["own"], key: RunKey, { status, error }: RunEnd): Promise<void> {
  await own.finish(key, { status, ...(error && { error: asKept(error) }) });
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
