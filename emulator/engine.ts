import { createRun, type RunRequest } from "../tasks/create-run.ts";
import type { LocalBlobStore } from "../store/blobs/blobs.ts";
import type { Ledger, Run } from "../store/ledger/ledger.ts";
import type { TaskError } from "../graph/task-error.ts";
import { lineageOf } from "../graph/lineage.ts";
import { compile } from "../statemachines/compile.ts";
import { machineInput } from "../statemachines/contract/contract.ts";
import { offlineResources } from "../statemachines/resources.ts";
import type { RunEvent } from "./events.ts";
import { executeFlow } from "./execute-flow.ts";
import type { FlowWorker } from "./flow-worker.ts";
import { localIntegrations, type FailedTask } from "./integrations.ts";
import { Scheduler } from "./scheduler.ts";

const HEARTBEAT_MILLISECONDS = 5_000;

/** A run to be made and carried through on this machine. */
export interface LocalRun extends RunRequest {
  readonly exportName: string;
  readonly ledger: Ledger;
  readonly blobs: LocalBlobStore;
  readonly maxWorkers: number;
  readonly isolate: boolean;
  readonly first?: FlowWorker;
  hire(): FlowWorker;
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops the run: its tasks are told, and it ends as stopped. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly flow: string;
  readonly run: number;
  readonly status: "succeeded" | "failed" | "stopped";
  readonly error?: TaskError & { readonly step?: string; readonly index?: string };
}

/**
 * Creates a run and executes its flow's state machine: the same machine that Step Functions would, with this machine's
 * processes in the place of Batch. Resolves however the run ends; rejects where the store cannot be used.
 */
export async function runOnThisMachine(request: LocalRun): Promise<RunResult> {
  const { graph, ledger, blobs, onEvent, signal } = request;
  const compiled = compile(graph, offlineResources);
  const run = await createRun(ledger, blobs, request, Date.now());
  const key = { flow: run.flow, run: run.run };
  const scope = { ledger, key, lineage: lineageOf(graph), parameters: request.parameters };
  const emit = onEvent;
  emit?.({ type: "run.started", ...key, at: run.createdAt, tags: run.tags });

  const scheduler = new Scheduler({ ...request, scope, ...(emit && { emit }) });
  const failed: FailedTask[] = [];
  const integrations = localIntegrations({
    scope,
    blobs: { read: blobs.readSync, write: blobs.writeSync },
    scheduler,
    ...(emit && { emit }),
    onFailed: (task) => failed.push(task),
  });
  const heartbeat = setInterval(
    () => void ledger.updateRun(key, { heartbeatAt: Date.now() }).catch(() => {}),
    HEARTBEAT_MILLISECONDS,
  );
  const stop = new AbortController();
  const onStop = () => void scheduler.stop().then(() => stop.abort());
  if (signal?.aborted) onStop();
  else signal?.addEventListener("abort", onStop, { once: true });
  try {
    const ended = await executeFlow(
      compiled,
      { ...machineInput(key) },
      { integrations, signal: stop.signal, execution: { name: `${key.flow}-${key.run}` } },
    );
    if (!signal?.aborted) await scheduler.stop();
    return await finish(request, run, scheduler, ended, failed);
  } finally {
    clearInterval(heartbeat);
    signal?.removeEventListener("abort", onStop);
    scheduler.close();
  }
}

type Ended = Awaited<ReturnType<typeof executeFlow>>;

async function finish(
  request: LocalRun,
  run: Run,
  scheduler: Scheduler,
  ended: Ended,
  failed: readonly FailedTask[],
): Promise<RunResult> {
  const { ledger, graph, onEvent } = request;
  const key = { flow: run.flow, run: run.run };
  const at = Date.now();
  const status = request.signal?.aborted ? "stopped" : ended.status === "SUCCEEDED" ? "succeeded" : "failed";
  const error = status === "succeeded" ? undefined : runError(status, ended, failed);
  if (status !== "succeeded") {
    await ledger.endRunningAttempts(key, {
      status: "stopped",
      at,
      error: { name: "Stopped", message: "the run ended" },
    });
  }
  await ledger.updateRun(key, { status, finishedAt: at, ...(error && { error }) }, "running");
  if (onEvent) {
    const reached = status === "succeeded" ? [] : (await ledger.listSteps(key)).map(({ step }) => step);
    const notRun = [...lineageOf(graph).steps.keys()].filter((step) => !reached.includes(step));
    onEvent({
      type: "run.finished",
      ...key,
      at,
      status,
      seconds: (at - run.createdAt) / 1000,
      tasks: { ...scheduler.counts },
      ...(error && { error }),
      ...(status !== "succeeded" && { notRun }),
    });
  }
  return { ...key, status, ...(error && { error }) };
}

export function runError(
  status: "failed" | "stopped",
  ended: Ended,
  failed: readonly FailedTask[],
): NonNullable<RunResult["error"]> {
  if (status === "stopped") return { name: "Stopped", message: "the run was stopped" };
  const [first] = failed;
  if (first) return { ...first.error, step: first.step, index: first.index };
  return ended.status === "FAILED"
    ? { name: ended.error ?? "Failed", message: ended.cause ?? "the state machine failed" }
    : { name: ended.status, message: `the state machine ended as ${ended.status}` };
}
