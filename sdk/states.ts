import type { Json } from "../graph/graph.ts";
import { MillraceError } from "../graph/errors.ts";
import { awsHistory, type AwsEvent } from "../engine/asl/aws-history.ts";
import { TaskFailure, interpret, type HistoryEvent } from "../engine/asl/interpreter.ts";
import { checkReachable, statesOf } from "../engine/asl/check.ts";
import { prepareMachine } from "../engine/asl/prepare.ts";
import { virtualClock } from "../engine/asl/virtual-clock.ts";
import type { StateMachine } from "../statemachines/asl.ts";
import { LIMITS } from "../statemachines/limits.ts";
import { answerWith, type Call, type Fake, type Fakes } from "./states/fakes.ts";

export type { AwsEvent as HistoryEvent } from "../engine/asl/aws-history.ts";
export { TaskFailure } from "../engine/asl/interpreter.ts";
export type { StateMachine } from "../statemachines/asl.ts";
export { MillraceError } from "../graph/errors.ts";
export type { Json } from "../graph/graph.ts";
export { fail, inTurn, lambda } from "./states/fakes.ts";
export type { Call, Fake, FakeContext } from "./states/fakes.ts";
export { machineOf } from "./states/machine-of.ts";
export type { MachineOfOptions } from "./states/machine-of.ts";

export interface ExecuteOptions {
  /** The execution's input; `{}` unless given. */
  readonly input?: unknown;
  /**
   * What stands for the services that Task states and ItemReaders call, by the `Resource` of the state, such as
   * `arn:aws:states:::lambda:invoke`.
   */
  readonly integrations?: Readonly<Record<string, Fake>>;
  /** What stands for single states, by their names, whatever they call. Goes before `integrations`. */
  readonly states?: Readonly<Record<string, Fake>>;
  /** When the execution starts; 2000-01-01T00:00:00Z unless given. From there on time passes only as far as it is waited for. */
  readonly startTime?: Date | string;
  /** A number in [0, 1) each time: for `States.MathRandom` and the jitter of retries. */
  readonly random?: () => number;
  /** Aborts the execution, as StopExecution does. */
  readonly signal?: AbortSignal;
  /** What the context object says, where it matters. */
  readonly name?: string;
  readonly stateMachineName?: string;
  readonly roleArn?: string;
  readonly region?: string;
  readonly account?: string;
}

/** How an execution ended and what happened in it. */
export interface Execution {
  readonly status: "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  // oxlint-disable-next-line typescript/no-explicit-any -- it is what the machine makes, which its author knows
  readonly output?: any;
  /** Why it failed, as its Retry and Catch would have named it. */
  readonly error?: string;
  readonly cause?: string;
  readonly executionArn: string;
  readonly startDate: Date;
  readonly stopDate: Date;
  /** Every event, as GetExecutionHistory gives them: inputs and outputs are JSON texts. */
  readonly history: readonly AwsEvent[];
  /** What the fakes were asked, in order. */
  readonly calls: readonly Call[];
  /** The names of the states that were entered, in order, those of children of distributed Maps included. */
  readonly states: readonly string[];
  /** The executions that distributed Maps started, each with its own history. */
  readonly children: readonly { readonly executionArn: string; readonly history: readonly AwsEvent[] }[];
}

/**
 * Runs a state machine of the Amazon States Language (JSONPath) in this process, as AWS Step Functions would: for tests of a
 * machine that was written by hand, or that CDK, SAM or Terraform made. Nothing is called but the fakes, and no time
 * passes: a Wait of a year takes none.
 *
 * Resolves however the execution ends. Throws MillraceError `machine.invalid` for a machine that AWS would refuse,
 * `states.no-fake` where a state calls what nothing stands for, `states.no-state` for a fake of a state that is not there, and what a fake throws that is no TaskFailure: a bug in a
 * test is not a failed task.
 *
 *     const execution = await execute(machine, {
 *       input: { order: 7 },
 *       integrations: { "arn:aws:states:::lambda:invoke": ({ Payload }) => ({ Payload: { charged: Payload.order } }) },
 *     });
 *     expect(execution.status).toBe("SUCCEEDED");
 */
export async function execute(
  definition: StateMachine | object | string,
  options: ExecuteOptions = {},
): Promise<Execution> {
  const machine = parse(definition);
  check(machine);
  checkFakedStates(machine, Object.keys(options.states ?? {}));
  const input = plain(options.input ?? {});
  const startedAt = startOf(options.startTime ?? "2000-01-01T00:00:00Z");
  const clock = virtualClock(startedAt);
  const about = identify(options);
  const calls: Call[] = [];
  const events: HistoryEvent[] = [];
  const fakes: Fakes = { states: options.states ?? {}, integrations: options.integrations ?? {} };
  const result = await interpret(machine, input, {
    integrations: answerWith(fakes, clock, calls),
    execution: about,
    clock,
    longestSeconds: LONGEST_SECONDS,
    onEvent: (event) => {
      if (event.id >= LIMITS.historyEvents && !event.type.startsWith("Execution")) throw tooManyEvents();
      events.push(event);
    },
    ...(options.random && { random: options.random }),
    ...(options.signal && { signal: options.signal }),
  });
  const { transitions: _, ...outcome } = result;
  return {
    ...outcome,
    executionArn: about.id,
    startDate: new Date(startedAt),
    stopDate: new Date(clock.now()),
    calls,
    states: events.flatMap((event) => (event.type === "StateEntered" ? [event.state] : [])),
    ...histories(events, about),
  };
}

/** AWS Step Functions quotas: a standard execution ends after a year. */
const LONGEST_SECONDS = 31_536_000;

function tooManyEvents(): TaskFailure {
  const cause = `The execution reached the maximum number of history events (${LIMITS.historyEvents}).`;
  return new TaskFailure("States.Runtime", cause);
}

/** Checks a machine as CreateStateMachine would; throws MillraceError `machine.invalid` with the state to blame. */
export function checkMachine(definition: StateMachine | object | string): void {
  check(parse(definition));
}

function check(machine: StateMachine): void {
  prepareMachine(machine);
  checkReachable(machine);
}

/** A fake of a state that is not there stands for nothing, and what it was to stand for is called. */
function checkFakedStates(machine: StateMachine, faked: readonly string[]): void {
  const names = new Set(statesOf(machine).map(({ name }) => name));
  const unknown = faked.find((name) => !names.has(name));
  if (unknown === undefined) return;
  throw new MillraceError("states.no-state", `there is a fake for state ${unknown}, which the machine has not`, {
    hint: `Its states are ${[...names].join(", ")}.`,
  });
}

type About = ReturnType<typeof identify>;

function identify(options: ExecuteOptions) {
  const { name = "execution", stateMachineName = "StateMachine", region = "us-east-1" } = options;
  const { account = "123456789012" } = options;
  const { roleArn = `arn:aws:iam::${account}:role/${stateMachineName}` } = options;
  const of = `arn:aws:states:${region}:${account}`;
  return {
    id: `${of}:execution:${stateMachineName}:${name}`,
    name,
    roleArn,
    region,
    stateMachine: { id: `${of}:stateMachine:${stateMachineName}`, name: stateMachineName },
  };
}

function histories(events: readonly HistoryEvent[], about: About): Pick<Execution, "history" | "children"> {
  const children = new Map<string, HistoryEvent[]>();
  for (const event of events) {
    if (event.child !== undefined) children.set(event.child, [...(children.get(event.child) ?? []), event]);
  }
  const own = events.filter(({ child }) => child === undefined);
  return {
    history: awsHistory(own, about),
    children: [...children].map(([executionArn, its]) => ({ executionArn, history: awsHistory(its, about) })),
  };
}

/** A copy of its own: what is parsed of a machine is kept with it, and a test may change its machine between executions. */
function parse(definition: StateMachine | object | string): StateMachine {
  if (typeof definition !== "string") return plain(definition) as unknown as StateMachine;
  try {
    return JSON.parse(definition) as StateMachine;
  } catch (cause) {
    throw new MillraceError("machine.invalid", `the definition is not JSON: ${(cause as Error).message}`, {
      hint: "Pass the machine as an object, or its JSON.",
      cause,
    });
  }
}

/** What JSON makes of a value, as whoever starts an execution in AWS sends it. */
function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

function startOf(time: Date | string): number {
  const milliseconds = new Date(time).getTime();
  if (!Number.isNaN(milliseconds)) return milliseconds;
  throw new MillraceError("states.start-time", `startTime ${JSON.stringify(time)} is no time`, {
    hint: 'Pass a Date, or a text such as "2026-03-14T01:59:00Z".',
  });
}
