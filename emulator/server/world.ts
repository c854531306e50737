import { startTask, type TaskCalls } from "../../functions/api/task-calls.ts";
import { executionEnded, type Ending, type ExecutionEnded } from "../../functions/runs/end.ts";
import { ledgerRun } from "../../engine/ledger-run.ts";
import type { RunEnd, TaskEvents, World, WorldRun } from "../../engine/world.ts";
import type { Lineage } from "../../graph/lineage.ts";
import type { MachineInput } from "../../statemachines/contract/contract.ts";
import type { LocalBlobStore } from "../../store/blobs/blobs.ts";
import type { Run } from "../../store/ledger/ledger.ts";
import { LocalTasks, type LocalTasksOptions } from "../account/local-tasks.ts";

const HEARTBEAT_MILLISECONDS = 5_000;

/** A run that the API has recorded and an execution carries out. */
export interface EmulatedRun {
  readonly run: Run;
  readonly lineage: Lineage;
  /** The execution's name and input, as its end is known by. */
  readonly execution: { readonly name: string; readonly input: MachineInput };
  readonly calls: TaskCalls;
  readonly blobs: LocalBlobStore;
  readonly ending: () => Ending;
  /** How tasks are carried out, each in a process that has the runtime of a container. */
  readonly tasks: Pick<LocalTasksOptions, "api" | "maxWorkers" | "runtime" | "flowModule" | "root" | "logs" | "env">;
  /** 5 seconds unless given. */
  readonly heartbeatMilliseconds?: number;
}

/** An account on this machine: the runtime of a container in processes, over the local store. */
export function emulatedWorld(request: EmulatedRun): World {
  return {
    heartbeatMilliseconds: request.heartbeatMilliseconds ?? HEARTBEAT_MILLISECONDS,
    createRun: async (events) => takeOverRun(request, events),
  };
}

function takeOverRun(
  { run, lineage, execution, calls, blobs, ending, tasks: options }: EmulatedRun,
  events: TaskEvents,
): WorldRun {
  const { ledger } = calls;
  const { flow, run: number, createdAt, tags, parameters } = run;
  const key = { flow, run: number };
  const tasks = new LocalTasks({
    ...options,
    run: key,
    lineage,
    emit: (event) => events.emit(event),
    startTask: (task) => startTask(calls, key, task),
    readAttempts: (task) => ledger.listAttempts(key, task),
  });
  const scope = { ledger, key, lineage, parameters };
  return {
    key,
    createdAt,
    tags,
    secret: execution.input.secret,
    ...ledgerRun(scope, { read: blobs.readSync, write: blobs.writeSync }, (job, signal) => tasks.run(job, signal)),
    heartbeat: async () => (await ledger.updateRun(key, { heartbeatAt: Date.now() }, "running")) !== undefined,
    runJob: (job, signal) => tasks.run(job, signal),
    // Whoever stops an execution records that himself.
    announceEnd: async (end) => {
      if (end.status !== "stopped") await executionEnded(ending(), asEvent(execution, end));
    },
    async finish(end) {
      try {
        await executionEnded(ending(), asEvent(execution, end));
      } finally {
        await tasks.close();
      }
      // Where the run had been ended by others, nobody has ended its tasks.
      const error = { name: "Stopped", message: "the run ended" };
      if (end.status !== "succeeded")
        await ledger.endRunningAttempts(key, { status: "stopped", at: Date.now(), error });
    },
  };
}

/** The end as Step Functions' event tells it. */
function asEvent({ name, input }: EmulatedRun["execution"], { status, error }: RunEnd): ExecutionEnded {
  const statuses = { succeeded: "SUCCEEDED", failed: "FAILED", stopped: "ABORTED" } as const;
  return {
    name,
    status: statuses[status],
    input: JSON.stringify(input),
    ...(error && { error: error.name, cause: error.message }),
  };
}
