import type { Json } from "../../../graph/graph.ts";
import type { TaskState } from "../../../statemachines/asl.ts";
import { callWithin } from "../deadline.ts";
import type { Limits } from "../deadline.ts";
import { TaskFailure, invalidMachine } from "../errors.ts";
import type { Expression, Frame, RunState, TaskContext } from "../execution.ts";
import { emit } from "../execution.ts";
import { prepareParameters, prepareResult } from "../input-output.ts";
import { isObject } from "../jsonpath.ts";
import { limited } from "../payload.ts";
import { prepareNumber } from "../path.ts";
import { parseResource } from "../resource.ts";
import type { Resource } from "../resource.ts";
import { prepareErrorHandling } from "../retry.ts";
import { prepareTemplate } from "../template.ts";

/** One call of a task. */
interface Call {
  readonly arn: string;
  readonly resource: Resource;
  readonly payload: Json;
  readonly credentials: Json | undefined;
  readonly limits: Limits;
}

/** Calls an integration with what Parameters make of the input. */
export function prepareTask(state: TaskState): RunState {
  const { Resource: arn } = state;
  if (typeof arn !== "string") throw invalidMachine("A Task state must have a Resource.");
  const resource = parseResource(arn);
  const waitsForToken = resource.kind === "service" && resource.waits === "token";
  const parameters = prepareParameters(state);
  const toOutput = prepareResult(state);
  const credentials = prepareCredentials(state);
  const timeoutSeconds = prepareNumber({
    literal: state.TimeoutSeconds,
    path: state.TimeoutSecondsPath,
    field: "TimeoutSeconds",
  });
  const heartbeatSeconds = prepareNumber({
    literal: state.HeartbeatSeconds,
    path: state.HeartbeatSecondsPath,
    field: "HeartbeatSeconds",
  });

  return prepareErrorHandling(state, async (input, frame) => {
    frame.token = waitsForToken ? newToken() : undefined;
    const call: Call = {
      arn,
      resource,
      payload: parameters(input, frame),
      credentials: credentials?.(input, frame),
      limits: { timeoutSeconds: timeoutSeconds?.(input, frame), heartbeatSeconds: heartbeatSeconds?.(input, frame) },
    };
    const result = await (frame.scope.line === undefined ? carryOut(call, frame) : observed(call, frame));
    return toOutput(input, result, frame);
  });
}

function prepareCredentials({ Credentials: credentials }: TaskState): Expression | undefined {
  if (credentials === undefined) return undefined;
  if (!isObject(credentials) || !("RoleArn" in credentials || "RoleArn.$" in credentials))
    throw invalidMachine("The field 'RoleArn' is required but was missing in Credentials.");
  return prepareTemplate(credentials);
}

/** Nobody but the task's own caller can know it. */
function newToken(): string {
  return btoa(`${crypto.randomUUID()}${crypto.randomUUID()}`);
}

function carryOut(
  { arn, resource, payload, credentials, limits }: Call,
  frame: Frame,
  submitted: (output: Json) => void = ignore,
): Promise<Json> {
  const { state, retries, token, scope } = frame;
  const name = resource.kind === "service" ? resource.type : arn;
  return callWithin(limits, frame, async (signal, heartbeat) => {
    const task: TaskContext = { signal, heartbeat, submitted, state, retries };
    const result = await scope.execution.integrations(
      arn,
      payload,
      token === undefined && credentials === undefined
        ? task
        : { ...task, ...(token !== undefined && { token }), ...(credentials !== undefined && { credentials }) },
    );
    return limited(result ?? null, name);
  });
}

/** The same, with its events: a task that waits is submitted too, if only to say that nothing more is known of it. */
async function observed(call: Call, frame: Frame): Promise<Json> {
  const { arn: resource, limits, credentials } = call;
  let isSubmitted = !(call.resource.kind === "service" && call.resource.waits !== undefined);
  const submitted = (output: Json) => {
    if (!isSubmitted) emit(frame, { type: "TaskSubmitted", resource, output });
    isSubmitted = true;
  };
  emit(frame, {
    type: "TaskScheduled",
    resource,
    parameters: call.payload,
    ...(limits.timeoutSeconds !== undefined && { timeoutSeconds: limits.timeoutSeconds }),
    ...(limits.heartbeatSeconds !== undefined && { heartbeatSeconds: limits.heartbeatSeconds }),
    ...(credentials !== undefined && { credentials }),
  });
  await undefined;
  emit(frame, { type: "TaskStarted", resource });
  try {
    const output = await carryOut(call, frame, submitted);
    submitted({});
    emit(frame, { type: "TaskSucceeded", resource, output });
    return output;
  } catch (thrown) {
    if (thrown instanceof TaskFailure) {
      const { error, cause } = thrown;
      submitted({});
      emit(frame, { type: error === "States.Timeout" ? "TaskTimedOut" : "TaskFailed", resource, error, cause });
    }
    throw thrown;
  }
}

function ignore(): void {}
