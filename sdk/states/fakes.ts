import type { Json } from "../../graph/graph.ts";
import { MillraceError } from "../../graph/errors.ts";
import { TaskFailure, type Integrations, type TaskContext } from "../../engine/asl/interpreter.ts";
import type { VirtualClock } from "../../engine/asl/virtual-clock.ts";

/**
 * What stands for a service in a test: its answer, or a function of what it is asked. The answer of a state that waits for
 * a job (`.sync`) is the finished job's, of one that waits for a token (`.waitForTaskToken`) what the token is sent back
 * with. `fail(…)` in the place of an answer makes the task fail.
 */
export type Fake = Answer | ((parameters: any, context: FakeContext) => unknown);

type Answer = Json | TaskFailure | { readonly [key: string]: unknown } | readonly unknown[];

export interface FakeContext {
  /** The state that calls. */
  readonly state: string;
  readonly resource: string;
  /** How often it was tried before: 0 the first time. */
  readonly retries: number;
  /** Where the state waits for one: `$$.Task.Token`. */
  readonly taskToken?: string;
  readonly credentials?: unknown;
  /** Fires when the answer is no longer wanted: a timeout, a failed sibling, the end of the execution. */
  readonly signal: AbortSignal;
  /** Lets virtual time pass: a task that takes so long. `Infinity` for one that never answers. */
  sleep(seconds: number): Promise<void>;
  /** Says that the task is alive, as SendTaskHeartbeat does. */
  heartbeat(): void;
  /** What the service answered at once, where the state waits for more: what TaskSubmitted tells. */
  submitted(output: unknown): void;
}

/** One call of a fake. */
export interface Call {
  readonly state: string;
  readonly resource: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- what the machine makes, which its author knows
  readonly parameters: any;
  readonly retries: number;
}

export interface Fakes {
  readonly states: Readonly<Record<string, Fake>>;
  readonly integrations: Readonly<Record<string, Fake>>;
}

/** A failure for a fake to answer, or to throw: its error is what Retry and Catch compare. */
export function fail(error: string, cause = ""): TaskFailure {
  return new TaskFailure(error, cause);
}

/** Answers with each of these in turn, one a call, and with the last from then on. */
export function inTurn(...answers: readonly [Fake, ...Fake[]]): Fake {
  let next = 0;
  return (parameters: unknown, context: FakeContext) => {
    const answer = answers[Math.min(next, answers.length - 1)]!;
    next += 1;
    return typeof answer === "function" ? answer(parameters, context) : answer;
  };
}

// oxlint-disable-next-line typescript/no-explicit-any -- any handler's event and context
type Handler = (event: any, context: any) => unknown;

/**
 * Lambda functions as a fake: a handler, or several by the `FunctionName` that the machine gives. For
 * `arn:aws:states:::lambda:invoke` it is given the `Payload`, and what it returns is the answer's; for a function that is the
 * `Resource` itself it is given and answers everything. An error that it throws fails the task as a function in AWS does:
 * under the error's name, with its message in the cause.
 */
export function lambda(handlers: Handler | Readonly<Record<string, Handler>>): Fake {
  return async (parameters: { FunctionName?: string; Payload?: unknown }, context: FakeContext) => {
    const isInvoke = context.resource.includes(":lambda:invoke");
    const name = isInvoke ? String(parameters.FunctionName) : context.resource;
    const handler = typeof handlers === "function" ? handlers : handlers[name];
    if (handler === undefined) {
      throw new MillraceError("states.no-fake", `it invokes ${name}, which no handler stands for`, {
        where: { state: context.state },
        hint: `Give lambda() a handler named ${JSON.stringify(name)}.`,
      });
    }
    const event = isInvoke ? (parameters.Payload ?? {}) : parameters;
    const payload = await invoke(handler, event, context);
    return isInvoke ? { ExecutedVersion: "$LATEST", Payload: payload, StatusCode: 200 } : payload;
  };
}

async function invoke(handler: Handler, event: unknown, context: FakeContext): Promise<unknown> {
  try {
    return (await handler(event, context)) ?? null;
  } catch (thrown) {
    if (thrown instanceof TaskFailure) throw thrown;
    const { name, message } = thrown instanceof Error ? thrown : { name: "Error", message: String(thrown) };
    throw fail(name, JSON.stringify({ errorType: name, errorMessage: message, trace: [] }));
  }
}

/** The interpreter's way to the fakes; each call is noted. Time stands still while a fake is at work. */
export function answerWith(fakes: Fakes, clock: VirtualClock, calls: Call[]): Integrations {
  return async (resource, input, task) => {
    const fake = find(fakes, resource, task.state);
    // So that a fake that changes what it is given changes nothing else.
    const parameters = structuredClone(input);
    calls.push({ state: task.state, resource, parameters: input, retries: task.retries });
    if (typeof fake !== "function") return answered(fake, task.state);
    let release = clock.hold();
    const sleep = async (seconds: number) => {
      release();
      await clock.sleep(seconds * 1000, task.signal);
      release = clock.hold();
    };
    try {
      return answered(await fake(parameters, contextOf(resource, task, sleep)), task.state);
    } finally {
      release();
    }
  };
}

function contextOf(resource: string, task: TaskContext, sleep: FakeContext["sleep"]): FakeContext {
  const { state, retries, signal, token, credentials } = task;
  return {
    state,
    resource,
    retries,
    signal,
    sleep,
    heartbeat: () => task.heartbeat(),
    submitted: (output) => task.submitted(asJson(output, state)),
    ...(token !== undefined && { taskToken: token }),
    ...(credentials !== undefined && { credentials }),
  };
}

function find(fakes: Fakes, resource: string, state: string): Fake {
  if (Object.hasOwn(fakes.states, state)) return fakes.states[state]!;
  if (Object.hasOwn(fakes.integrations, resource)) return fakes.integrations[resource]!;
  const said = `it calls ${resource}, which no fake stands for`;
  throw new MillraceError("states.no-fake", said, {
    where: { state },
    hint: `Give one in integrations, under ${JSON.stringify(resource)}, or in states, under ${JSON.stringify(state)}.`,
  });
}

function answered(answer: unknown, state: string): Json {
  if (answer instanceof TaskFailure) throw answer;
  return asJson(answer, state);
}

/** What a service would send: dates as text, nothing that JSON cannot hold. */
function asJson(answer: unknown, state: string): Json {
  let cause: unknown;
  try {
    const text = JSON.stringify(answer ?? null) as string | undefined;
    if (text !== undefined) return JSON.parse(text) as Json;
  } catch (error) {
    cause = error;
  }
  throw new MillraceError("states.answer", "its fake answers what JSON cannot hold", {
    where: { state },
    hint: "Answer plain data, as the service would.",
    cause,
  });
}
