import { MillraceError } from "../../graph/errors.ts";
import { parseRunName } from "../../graph/run-name.ts";
import type { FinishRunRequest } from "../api/run-schemas.ts";
import { errorOfCause } from "../../aws/batch/cause.ts";
import type { BatchJobs } from "../../aws/batch/describe.ts";
import { endLostAttempts, interruptionOf } from "../../aws/batch/lost-attempt.ts";
import type { Machines } from "../../aws/step-functions/machines.ts";
import type { FlowRegistry } from "../../store/registry/registry.ts";
import type { Ledger, Run } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { TaskError } from "../../graph/task-error.ts";
import { checkOwner, type FlowCaller } from "../deploy/production.ts";
import { requireCallerRun, type AskedRun } from "./caller-run.ts";
import { requireRun } from "./read.ts";
import { executionName } from "./trigger.ts";

/** What ending runs needs of the account. */
export interface Ending {
  readonly ledger: Ledger;
  readonly registry: FlowRegistry;
  readonly machines: Pick<Machines, "stop">;
  readonly jobs?: BatchJobs;
  /** Whether whoever may call the API may stop every flow's runs. */
  readonly areFlowsShared?: boolean | undefined;
  readonly now: () => number;
}

/** Stops a run that Step Functions carries out. Throws MillraceError `run.unknown`, `run.notHere`, `flow.owned`. */
export async function stopRun(ending: Ending, key: RunKey, caller: FlowCaller): Promise<{ stopped: boolean }> {
  const run = await requireRun(ending.ledger, key);
  if (run.status !== "running") return { stopped: false };
  if (run.owner)
    throw new MillraceError("run.notHere", `run ${key.run} is carried out by a program on ${run.owner.host}`, {
      where: { flow: key.flow },
      hint: `Stop it there: process ${run.owner.pid}.`,
    });
  // Also where the flow was removed meanwhile: its executions go on.
  const record = await ending.registry.read(key.flow);
  if (record) checkOwner(record, caller, ending.areFlowsShared);
  if (record) await ending.machines.stop(record.stateMachineArn, executionName(key), "the run was stopped");
  const { principal } = caller;
  return { stopped: await settle(ending, run, { ...STOPPED, ...(principal !== undefined && { principal }) }) };
}

/** Ends a run whose engine is the caller's own. Throws MillraceError `run.notHere` for one that is not, `run.owned`. */
export async function finishCallerRun(
  ending: Ending,
  asked: AskedRun,
  { status, error }: FinishRunRequest,
): Promise<Run> {
  const run = await requireCallerRun(ending.ledger, asked);
  await settle(ending, run, { status, error });
  return requireRun(ending.ledger, run);
}

/** What EventBridge says of an execution that has ended. Source: Step Functions developer guide, "EventBridge events". */
export interface ExecutionEnded {
  readonly name: string;
  readonly status: "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  /** JSON; absent where it is too long. */
  readonly input?: string | null;
  readonly error?: string | null;
  readonly cause?: string | null;
}

/**
 * Ends the run whose execution has ended. Executions that are no run's own (a distributed Map's children, those within a
 * run's) have names of their own and are passed over.
 * May be called any number of times.
 */
export async function executionEnded(ending: Ending, execution: ExecutionEnded): Promise<void> {
  const key = runOf(execution);
  const run = key && (await ending.ledger.readRun(key));
  if (!run || run.owner || run.status !== "running") return;
  const { status } = execution;
  if (status === "SUCCEEDED") await settle(ending, run, { status: "succeeded" });
  else if (status === "ABORTED") await settle(ending, run, STOPPED);
  else await settle(ending, run, { status: "failed", error: await whyFailed(ending, run, execution) });
}

function runOf({ name, input }: ExecutionEnded): RunKey | undefined {
  const run = runInInput(input);
  if (run !== undefined) {
    const key = parseRunName(run);
    return executionName(key) === name && Number.isSafeInteger(key.run) ? key : undefined;
  }
  const [, flow, number] = /^(.+)-(\d{1,15})$/.exec(name) ?? [];
  return flow === undefined ? undefined : { flow, run: Number(number) };
}

/** The run that an execution's input names; anybody may start an execution of anything with any input. */
function runInInput(input: string | null | undefined): string | undefined {
  try {
    const { run } = JSON.parse(input ?? "{}") as { run?: unknown };
    return typeof run === "string" ? run : undefined;
  } catch {
    return undefined;
  }
}

/** Tasks of one step that are looked at for what failed. */
const LOOKED_AT = 200;

/**
 * What a task said of itself is worth more than what Batch or Step Functions say of it; but of a container that died
 * without a word, or was asked to end, Batch knows more.
 */
async function whyFailed(ending: Ending, run: Run, { status, error, cause }: ExecutionEnded): Promise<TaskError> {
  const { ledger, jobs } = ending;
  for (const { step, running } of await ledger.listSteps(run))
    if (running > 0)
      await endLostAttempts(ending, run, (await ledger.listTasks(run, step, { limit: LOOKED_AT })).items);
  for (const { step } of (await ledger.listSteps(run)).filter(({ failed }) => failed > 0)) {
    const { items } = await ledger.listTasks(run, step, { limit: LOOKED_AT });
    const failed = items.find((task) => task.status === "failed" && !task.caught);
    const why = failed?.error && ((await interruptionOf(jobs, failed)) ?? failed.error);
    if (why) return { ...why, message: `${step}/${failed.index}: ${why.message}` };
  }
  if (status === "TIMED_OUT") return { name: "Timeout", message: "the execution took too long" };
  const inner = innermost({ error: error ?? "Failed", cause: cause ?? "" });
  return errorOfCause(inner.error, inner.cause || "the state machine failed", jobs);
}

/** A failure in an execution within the run's comes as that execution's description, which holds its own. */
function innermost(failure: { readonly error: string; readonly cause: string }): typeof failure {
  try {
    const { ExecutionArn, Error: error, Cause: cause } = JSON.parse(failure.cause) as Record<string, unknown>;
    if (typeof ExecutionArn === "string" && typeof error === "string")
      return innermost({ error, cause: typeof cause === "string" ? cause : "" });
  } catch {
    // It is a text, then.
  }
  return failure;
}

interface RunEnd {
  readonly status: "succeeded" | "failed" | "stopped";
  readonly error?: TaskError | undefined;
  /** Who stopped it. */
  readonly principal?: string;
}

const STOPPED: RunEnd = { status: "stopped", error: { name: "Stopped", message: "the run was stopped" } };

/** Whether it was still running. What still seems to run of it ends with it: a container that died without a word. */
async function settle({ ledger, now }: Ending, key: RunKey, end: RunEnd): Promise<boolean> {
  const { status, error, principal } = end;
  const at = now();
  if (status !== "succeeded") {
    const why =
      status === "stopped" ? STOPPED.error! : { name: "Lost", message: "the run ended, and the task had not reported" };
    await ledger.endRunningAttempts(key, { status, at, error: why });
  }
  const by = principal !== undefined && { principals: { stopped: principal } };
  const changed = await ledger.updateRun(key, { status, finishedAt: at, ...(error && { error }), ...by }, "running");
  return changed !== undefined;
}
