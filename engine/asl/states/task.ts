import type { Json } from "../../../graph/graph.ts";
import type { TaskState } from "../../../statemachines/asl.ts";
import { callWithin } from "../deadline.ts";
import { TaskFailure, invalidMachine } from "../errors.ts";
import type { Frame, RunState, TaskContext } from "../execution.ts";
import { tell } from "../execution.ts";
import { prepareParameters, prepareResult } from "../input-output.ts";
import { limited } from "../payload.ts";
import { prepareNumber } from "../path.ts";
import { prepareErrorHandling } from "../retry.ts";
import { prepareTemplate } from "../template.ts";

/** Calls an integration with what Parameters make of the input. */
export function prepareTask(state: TaskState): RunState {
  const { Resource: resource } = state;
  if (typeof resource !== "string") throw invalidMachine("A Task state must have a Resource.");
  const parameters = prepareParameters(state);
  const toOutput = prepareResult(state);
  const credentials = state.Credentials === undefined ? undefined : prepareTemplate(state.Credentials);
  const timeoutSeconds = prepareNumber(state.TimeoutSeconds, state.TimeoutSecondsPath, "TimeoutSeconds");
  const heartbeatSeconds = prepareNumber(state.HeartbeatSeconds, state.HeartbeatSecondsPath, "HeartbeatSeconds");

  return prepareErrorHandling(state, async (input, frame) => {
    const payload = parameters(input, frame);
    const access = credentials?.(input, frame);
    const call = (signal: AbortSignal, heartbeat: () => void) => {
      const task: TaskContext = { signal, heartbeat, state: frame.state };
      const { integrations } = frame.scope.execution;
      return integrations(resource, payload, access === undefined ? task : { ...task, credentials: access });
    };
    const limits = {
      timeoutSeconds: timeoutSeconds?.(input, frame),
      heartbeatSeconds: heartbeatSeconds?.(input, frame),
    };
    const run = () => callWithin(limits, frame, call);
    const result = await (frame.scope.execution.onEvent === undefined
      ? run()
      : observed(frame, resource, payload, run));
    return toOutput(input, limited(result ?? null, "The task's result"), frame);
  });
}

async function observed(frame: Frame, resource: string, parameters: Json, run: () => Promise<Json>): Promise<Json> {
  tell(frame, { type: "TaskScheduled", resource, parameters });
  try {
    const output = await run();
    tell(frame, { type: "TaskSucceeded", resource, output });
    return output;
  } catch (thrown) {
    if (thrown instanceof TaskFailure) {
      const { error, cause } = thrown;
      const timedOut = error === "States.Timeout" || error === "States.HeartbeatTimeout";
      tell(frame, { type: timedOut ? "TaskTimedOut" : "TaskFailed", resource, error, cause });
    }
    throw thrown;
  }
}
