import type { JsonObject, StepNode, StepOptions } from "../graph/graph.ts";
import { parseDuration } from "../graph/units.ts";
import type { Catcher, TaskState } from "./asl.ts";
import {
  addState,
  field,
  taskIndexExpression,
  to,
  type Block,
  type StateDetails,
  type Entry,
  type Value,
} from "./block.ts";
import { placeOf, resourceRequirements } from "./container-size.ts";
import { INTEGRATIONS, TASK_ENVIRONMENT, TIMEOUT_GRACE_SECONDS } from "./contract/contract.ts";
import { pickFields } from "./control.ts";
import { startProofExpression } from "./contract/start-proof.ts";
import { LIMITS } from "./limits.ts";
import { forStep, type MachineResources } from "./resources.ts";
import { FLOW_TAG } from "./stack-names.ts";
import {
  attemptsOf,
  batchRetry,
  jobAttemptsOf,
  jobRetryStrategy,
  lambdaRetry,
  longestAttemptSeconds,
  retriesOf,
  stepRetrier,
} from "./contract/retries.ts";

/** Adds a step as one Task state (and one more where its failure is caught). */
export function compileStep(step: StepNode, block: Block, next: Entry): void {
  if (step.options.compute === "lambda") addInvocation(step, block, next);
  else addJob(step, block, { name: step.name, index: taskIndexExpression(block), next });
}

/** The state that carries out tasks of a step: one, or an array of a foreach's children. */
export interface StepState {
  /** Without the end that a second copy has. */
  readonly name: string;
  readonly next: Entry;
  /** The task's index; the foreach's where there is an array. */
  readonly index: Value;
  /** How many children, and the position of the first; paths to numbers unless constant. */
  readonly array?: { readonly size: string; readonly offset: Value };
  readonly carries?: StateDetails["carries"];
}

export function addJob(step: StepNode, block: Block, named: StepState): void {
  const { options } = step;
  const { index, array } = named;
  const { graph, resources } = block.flow;
  const timeoutSeconds = options.timeout === undefined ? undefined : parseDuration(options.timeout);
  const environment: readonly (readonly [string, Value])[] = [
    [TASK_ENVIRONMENT.run, { path: "$.run" }],
    [TASK_ENVIRONMENT.step, { constant: step.name }],
    [TASK_ENVIRONMENT.index, index],
    [TASK_ENVIRONMENT.attempts, { constant: String(attemptsOf(options)) }],
    ...(array ? [[TASK_ENVIRONMENT.offset, textOf(array.offset)] as const] : []),
    ...(timeoutSeconds === undefined
      ? []
      : [[TASK_ENVIRONMENT.timeoutSeconds, { constant: String(timeoutSeconds) }] as const]),
    [TASK_ENVIRONMENT.startProof, { path: startProofExpression(step.name, index, array !== undefined) }],
  ];
  const requirements = resourceRequirements(options);
  const state: TaskState = {
    Type: "Task",
    Resource: INTEGRATIONS.job,
    Parameters: {
      JobName: jobName(graph.name, step.name),
      JobQueue: jobQueue(step, resources),
      JobDefinition: forStep(resources.jobDefinition, step.name),
      ...(resources.tags && { Tags: { ...resources.tags, [FLOW_TAG]: graph.name } }),
      ...(array && { ArrayProperties: { "Size.$": array.size } }),
      ContainerOverrides: {
        Environment: environment.map(([Name, value]) => ({ Name, ...field("Value", value) })),
        ...(requirements.length > 0 && { ResourceRequirements: requirements }),
      },
      RetryStrategy: jobRetryStrategy(options),
      ...(options.timeout !== undefined && {
        Timeout: { AttemptDurationSeconds: longestAttemptSeconds(options, options.timeout) },
      }),
    },
    ...(resources.waitSeconds !== undefined && longestJob(options, resources.waitSeconds)),
    Retry: batchRetry,
    ResultPath: null,
  };
  addTask(step, block, { ...named, state });
}

/**
 * Batch gives up only some of the jobs that wait; the others the state machine does. On a machine of its own a job without
 * a timeout may run for ever.
 */
function longestJob(options: StepOptions, waitSeconds: number): Pick<TaskState, "TimeoutSeconds"> {
  if (options.timeout !== undefined)
    return { TimeoutSeconds: waitSeconds + jobAttemptsOf(options) * longestAttemptSeconds(options, options.timeout) };
  return placeOf(options) === "fargate" ? { TimeoutSeconds: waitSeconds + LIMITS.fargateSeconds } : {};
}

function addInvocation(step: StepNode, block: Block, next: Entry): void {
  const { options } = step;
  const { resources } = block.flow;
  const index = taskIndexExpression(block);
  const timeoutSeconds = options.timeout === undefined ? undefined : parseDuration(options.timeout);
  const answered = options.catch ? undefined : next.answered;
  const state: TaskState = {
    Type: "Task",
    Resource: INTEGRATIONS.invoke,
    Parameters: {
      FunctionName: forStep(resources.runner, step.name),
      Payload: {
        "run.$": "$.run",
        step: step.name,
        ...field("index", index),
        attempts: attemptsOf(options),
        ...(timeoutSeconds !== undefined && { timeoutSeconds }),
        "proof.$": startProofExpression(step.name, index, false),
      },
    },
    ...(timeoutSeconds !== undefined && { TimeoutSeconds: Math.ceil(timeoutSeconds) + TIMEOUT_GRACE_SECONDS }),
    Retry: [...lambdaRetry, ...stepRetrier(options)],
    ...(answered
      ? { ResultSelector: pickFields("$.Payload.control", answered.fields), ResultPath: "$.c" }
      : { ResultPath: null }),
  };
  addTask(step, block, { name: step.name, index, next: answered ?? next, state });
}

function addTask(
  step: StepNode,
  block: Block,
  { name, index, array, carries, next, state }: StepState & { readonly state: TaskState },
): void {
  const details = { name, step, ...(carries && { carries }) };
  if (!step.options.catch) {
    addState(block, details, { ...state, ...to(next) });
    return;
  }
  const failed = `${name}.failed`;
  // Beside the control value, since the array's width is still wanted; recording it puts a few bytes in their place.
  const Catch: Catcher[] = [{ ErrorEquals: ["States.ALL"], ResultPath: "$.c.failure", Next: failed + block.copy }];
  addState(block, details, { ...state, Catch, ...to(next) });
  const request: JsonObject = {
    action: "recordFailure",
    "run.$": "$.run",
    step: step.name,
    ...field("index", index),
    ...(array && { "width.$": array.size, ...field("offset", array.offset) }),
    error: { "name.$": "$.c.failure.Error", "message.$": "$.c.failure.Cause" },
  };
  // Entered where the step fails, which nothing counts on.
  block.states[failed + block.copy] = {
    Type: "Task",
    Resource: INTEGRATIONS.invoke,
    Parameters: { FunctionName: block.flow.resources.bookkeeping, Payload: request },
    Retry: lambdaRetry,
    ResultSelector: { recorded: true },
    ResultPath: "$.c",
    ...to(next),
  };
}

/** A number as the text that an environment variable holds. */
function textOf(value: Value): Value {
  return "constant" in value ? { constant: String(value.constant) } : { path: `States.Format('{}', ${value.path})` };
}

/** For people only. A job's name begins with a letter or digit. */
function jobName(flow: string, step: string): string {
  return `${flow}-${step}`.replace(/^(?=[-_])/, "m");
}

/** What an interruption ends is begun anew, so only what may be tried again goes where machines are taken back. */
function jobQueue({ options }: StepNode, { queues }: MachineResources): string {
  const place = placeOf(options);
  if (place !== "fargate") return queues[place] ?? queues.onDemand;
  return retriesOf(options) > 0 ? (queues.spot ?? queues.onDemand) : queues.onDemand;
}
