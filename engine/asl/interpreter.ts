import type { Json } from "../../graph/graph.ts";
import type { StateMachine } from "../../statemachines/asl.ts";
import { linkAbort } from "./abort.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { TaskFailure } from "./errors.ts";
import type { ExecutionContext, Integrations, Scope } from "./execution.ts";
import { beginHistory, endHistory, note } from "./history.ts";
import type { ExecutionEvent, HistoryEvent, Line } from "./history.ts";
import { limited } from "./payload.ts";
import { prepareMachine } from "./prepare.ts";
import { runSequence } from "./sequence.ts";

export { TaskFailure } from "./errors.ts";
export type { Integrations, TaskContext } from "./execution.ts";
export type { HistoryEvent } from "./history.ts";

export interface InterpreterOptions {
  /** Carries out what a Task state or an ItemReader calls; throws TaskFailure for a failure with an AWS error name. */
  readonly integrations: Integrations;
  /** What `$$.Execution` and `$$.StateMachine` say. `startTime` is ISO 8601, by default now. */
  readonly execution?: {
    readonly id?: string;
    readonly name?: string;
    readonly startTime?: string;
    readonly roleArn?: string;
    readonly stateMachine?: { readonly id: string; readonly name: string };
  };
  /** Aborting it ends the execution as ABORTED; the signals of its tasks fire. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: HistoryEvent) => void;
  readonly clock?: Clock;
  /** How long a machine may take that says no TimeoutSeconds. */
  readonly longestSeconds?: number;
  /** A number in [0, 1): for jitter and States.MathRandom. */
  readonly random?: () => number;
}

/** How an execution ended. `transitions` counts states entered and retries, those of Map children and branches included. */
export type ExecutionResult = { readonly transitions: number } & Outcome;

type Outcome =
  | { readonly status: "SUCCEEDED"; readonly output: Json }
  | { readonly status: "FAILED"; readonly error: string; readonly cause: string }
  | { readonly status: "ABORTED" }
  | { readonly status: "TIMED_OUT" };

/**
 * Runs a machine of the Amazon States Language (JSONPath mode) from its start to its end, offline. Resolves however the
 * execution ends, and on an abort or timeout without waiting for tasks that are slow to notice.
 *
 * Payloads are handed on, never copied: integrations must not change their input, nor what they answered.
 *
 * Throws MillraceError `machine.invalid` for a machine that Step Functions would refuse, and whatever an integration
 * throws that is no TaskFailure, after its other tasks' signals have fired.
 *
 *     const result = await interpret(machine, { n: 1 }, { integrations: async (resource, input) => call(resource, input) });
 */
export async function interpret(
  machine: StateMachine,
  input: Json,
  options: InterpreterOptions,
): Promise<ExecutionResult> {
  const sequence = prepareMachine(machine);
  const { signal, abort, release } = linkAbort(options.signal);
  const scope = begin(input, options, signal);
  const { execution } = scope;
  if (scope.line) note(scope.line, { type: "ExecutionStarted", input });

  const aborted = new Promise<Outcome>((resolve) => {
    if (signal.aborted) resolve({ status: "ABORTED" });
    else signal.addEventListener("abort", () => resolve({ status: "ABORTED" }));
  });
  const finished = async (): Promise<Outcome> => {
    try {
      return {
        status: "SUCCEEDED",
        output: await runSequence(sequence, limited(input, String(execution.stateMachine["Name"])), scope),
      };
    } catch (error) {
      if (!(error instanceof TaskFailure)) throw error;
      return { status: "FAILED", error: error.error, cause: error.cause };
    }
  };
  const timers = new AbortController();
  const expired = async (seconds: number): Promise<Outcome> => {
    await execution.clock.sleep(seconds * 1000, timers.signal);
    return { status: "TIMED_OUT" };
  };
  try {
    const ends = [aborted, finished()];
    const mostSeconds = machine.TimeoutSeconds ?? options.longestSeconds;
    if (mostSeconds !== undefined) ends.push(expired(mostSeconds));
    const outcome = await Promise.race(ends);
    if (outcome.status !== "SUCCEEDED") abort();
    if (scope.line) emitOutcome(scope.line, outcome);
    return { ...outcome, transitions: execution.transitions };
  } catch (bug) {
    abort(bug);
    throw bug;
  } finally {
    release();
    timers.abort();
  }
}

function begin(input: Json, options: InterpreterOptions, signal: AbortSignal): Scope {
  const { clock = systemClock, execution: own = {} } = options;
  const { id = "local", name = id, stateMachine = { id: "local", name: "local" } } = own;
  const startTime = own.startTime ?? new Date(clock.now()).toISOString();
  const about = {
    Id: id,
    Input: input,
    StartTime: startTime,
    Name: name,
    RoleArn: own.roleArn ?? "local",
    RedriveCount: 0,
  };
  const execution: ExecutionContext = {
    integrations: options.integrations,
    clock,
    random: options.random ?? Math.random,
    stateMachine: { Id: stateMachine.id, Name: stateMachine.name },
    transitions: 0,
    pause: undefined,
  };
  const line = options.onEvent && beginHistory(options.onEvent, () => clock.now());
  return { execution, signal, about: () => about, line };
}

/** The last event. What still runs when an execution is cut short gets no event of its own. */
function emitOutcome(line: Line, outcome: Outcome): void {
  if (outcome.status === "ABORTED" || outcome.status === "TIMED_OUT") line.previous = 0;
  note(line, eventOf(outcome));
  endHistory(line);
}

function eventOf(outcome: Outcome): ExecutionEvent {
  switch (outcome.status) {
    case "SUCCEEDED":
      return { type: "ExecutionSucceeded", output: outcome.output };
    case "FAILED":
      return { type: "ExecutionFailed", error: outcome.error, cause: outcome.cause };
    case "ABORTED":
      return { type: "ExecutionAborted" };
    case "TIMED_OUT":
      return { type: "ExecutionTimedOut" };
  }
}
