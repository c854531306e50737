import { MillraceError } from "../graph/errors.ts";
import { machineInput } from "../statemachines/contract/contract.ts";
import type { ExecutionResult } from "./asl/interpreter.ts";
import type { RunEvent } from "./events.ts";
import { executeFlow, type RunnableFlow } from "./execute-flow.ts";
import { worldIntegrations } from "./integrations.ts";
import { RunReport } from "./run-report.ts";
import type { RunEnd, RunError, World, WorldRun } from "./world.ts";

export interface RunListeners {
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Stops the run: its tasks are asked to end, and it ends as stopped. */
  readonly signal?: AbortSignal | undefined;
}

export interface RunResult extends RunEnd {
  readonly flow: string;
  readonly run: number;
}

const STOPPED: RunEnd = { status: "stopped", error: { name: "Stopped", message: "the run was stopped" } };
const ENDED_ELSEWHERE: RunEnd = {
  status: "stopped",
  error: { name: "Stopped", message: "the run was ended elsewhere" },
};

/**
 * Runs a flow in a world: executes the machine that Step Functions would, with the world in the place of Batch, Lambda and
 * DynamoDB. Resolves however the run ends; rejects where the world cannot be used or something in here is broken, and a run
 * that was recorded by then has failed.
 */
export async function runInWorld(world: World, flow: RunnableFlow, listeners: RunListeners = {}): Promise<RunResult> {
  const report = new RunReport(flow.lineage, listeners.onEvent);
  const run = await world.createRun(report);
  report.start(run);
  const interruption = interruptionOf(run);
  const release = listen(world, { run, signal: listeners.signal }, interruption);
  try {
    // One that was to stop before it began begins no task.
    await interruption.settled();
    const execution = await executeFlow(
      flow.compiled,
      { ...machineInput(run.key, run.secret) },
      {
        integrations: worldIntegrations(run, flow, report),
        signal: interruption.signal,
        execution: { name: `${run.key.flow}-${run.key.run}` },
      },
    );
    release();
    const end = (await interruption.settled()) ?? endOf(execution, report.failure);
    return await finish(run, end, report);
  } catch (thrown) {
    release();
    const end = await endOfThrown(thrown, interruption);
    if (end) return finish(run, end, report);
    const failed: RunEnd = { status: "failed", error: engineError(thrown) };
    await interruption.interrupt(failed);
    // What was thrown first is what is reported, whatever else goes wrong for the same reason.
    await run.finish(failed).catch(() => {});
    throw thrown;
  }
}

async function finish(run: WorldRun, end: RunEnd, report: RunReport): Promise<RunResult> {
  await run.finish(end);
  report.finish(end);
  return { ...run.key, ...end };
}

/** An end of the run that is not its flow's own. */
interface Interruption {
  /** Fires once the world knows. */
  readonly signal: AbortSignal;
  /** Only the first counts. `isKnown`: the ledger has it already. */
  interrupt(end: RunEnd, isKnown?: boolean): Promise<RunEnd>;
  /** The end, once the world knows; undefined where nothing interrupts the run. */
  settled(): Promise<RunEnd | undefined>;
}

function interruptionOf(run: WorldRun): Interruption {
  const stop = new AbortController();
  let pending: Promise<RunEnd> | undefined;
  const announce = async (end: RunEnd, isKnown: boolean): Promise<RunEnd> => {
    // What cannot be announced is recorded by `finish`, or known by the run's silence.
    if (!isKnown) await run.announceEnd(end).catch(() => {});
    stop.abort(new Error(end.error?.message ?? "the run is over"));
    return end;
  };
  return {
    signal: stop.signal,
    interrupt: (end, isKnown = false) => (pending ??= announce(end, isKnown)),
    settled: async () => pending,
  };
}

/** Interrupts the run where it is asked to stop or was ended by others; answers how to leave off. */
function listen(
  { heartbeatMilliseconds }: World,
  { run, signal }: { readonly run: WorldRun; readonly signal: AbortSignal | undefined },
  interruption: Interruption,
): () => void {
  const beat = async () => {
    const isAlive = await run.heartbeat().catch(() => true);
    if (!isAlive) await interruption.interrupt(ENDED_ELSEWHERE, true);
  };
  const heartbeat = setInterval(() => void beat(), heartbeatMilliseconds);
  const onStop = () => void interruption.interrupt(STOPPED);
  if (signal?.aborted) onStop();
  else signal?.addEventListener("abort", onStop, { once: true });
  return () => {
    clearInterval(heartbeat);
    signal?.removeEventListener("abort", onStop);
  };
}

function endOf(execution: ExecutionResult, failure: RunError | undefined): RunEnd {
  if (execution.status === "SUCCEEDED") return { status: "succeeded" };
  if (failure) return { status: "failed", error: failure };
  const { status } = execution;
  const error =
    status === "FAILED"
      ? { name: execution.error || "Failed", message: execution.cause || "the state machine failed" }
      : { name: status, message: `the state machine ended as ${status}` };
  return { status: "failed", error };
}

/** While the run is being interrupted, or where the ledger says that it is over, what is thrown is no fault of its own. */
async function endOfThrown(thrown: unknown, interruption: Interruption): Promise<RunEnd | undefined> {
  const end = await interruption.settled();
  if (end) return end;
  if (thrown instanceof MillraceError && thrown.code === "run.over")
    return interruption.interrupt(ENDED_ELSEWHERE, true);
  return undefined;
}

function engineError(thrown: unknown): RunError {
  if (thrown instanceof MillraceError) return { name: thrown.code, message: thrown.message };
  const { message, stack } = thrown instanceof Error ? thrown : { message: String(thrown), stack: undefined };
  return { name: "EngineFailed", message, ...(stack !== undefined && { stack }) };
}
