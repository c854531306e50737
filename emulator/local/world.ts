import { lineageOf } from "../../graph/lineage.ts";
import { beginRun, type RunRequest } from "../../tasks/create-run.ts";
import { ledgerRun } from "../../engine/ledger-run.ts";
import type { RunEnd, TaskEvents, World, WorldRun } from "../../engine/world.ts";
import type { LocalBlobStore } from "../../store/blobs/blobs.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";
import type { FlowWorker } from "../flow-worker.ts";
import { Scheduler } from "./scheduler.ts";

const HEARTBEAT_MILLISECONDS = 5_000;

/** A run to be made in the local store, its tasks carried out by workers of this machine. */
export interface LocalRun extends RunRequest {
  readonly exportName: string;
  readonly ledger: Ledger;
  readonly blobs: LocalBlobStore;
  readonly maxWorkers: number;
  readonly isolate: boolean;
  readonly first?: FlowWorker;
  startWorker(): FlowWorker;
  /** 5 seconds unless given. */
  readonly heartbeatMilliseconds?: number;
}

/** This machine: its processes in the place of Batch and Lambda, its store in the place of DynamoDB and S3. */
export function localWorld(request: LocalRun): World {
  return {
    heartbeatMilliseconds: request.heartbeatMilliseconds ?? HEARTBEAT_MILLISECONDS,
    createRun: (events) => createLocalRun(request, events),
  };
}

async function createLocalRun(request: LocalRun, events: TaskEvents): Promise<WorldRun> {
  const { graph, ledger, blobs, parameters } = request;
  const { run: begun, secret } = await beginRun(request, request, Date.now());
  const { flow, run, createdAt, tags } = begun;
  const key = { flow, run };
  const scope = { ledger, key, lineage: lineageOf(graph), parameters };
  const scheduler = new Scheduler({ ...request, startWorker: () => request.startWorker(), scope, events });
  return {
    key,
    createdAt,
    tags,
    secret,
    ...ledgerRun(scope, { read: blobs.readSync, write: blobs.writeSync }, (job, signal) => scheduler.run(job, signal)),
    heartbeat: async () => (await ledger.updateRun(key, { heartbeatAt: Date.now() }, "running")) !== undefined,
    runJob: (job, signal) => scheduler.run(job, signal),
    // Tasks do not report for themselves: the scheduler knows which of them it has stopped.
    announceEnd: async () => {},
    async finish(end) {
      try {
        await scheduler.stop();
        await recordEnd(ledger, key, end);
      } finally {
        scheduler.close();
      }
    },
  };
}

async function recordEnd(ledger: Ledger, key: WorldRun["key"], { status, error }: RunEnd): Promise<void> {
  const at = Date.now();
  if (status !== "succeeded")
    await ledger.endRunningAttempts(key, {
      status: "stopped",
      at,
      error: { name: "Stopped", message: "the run ended" },
    });
  await ledger.updateRun(key, { status, finishedAt: at, ...(error && { error }) }, "running");
}
