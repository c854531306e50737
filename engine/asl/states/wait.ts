import type { Json } from "../../../graph/graph.ts";
import type { WaitState } from "../../../statemachines/asl.ts";
import { failure, invalidMachine } from "../errors.ts";
import type { Frame, RunState } from "../execution.ts";
import { prepareInput, prepareOutput } from "../input-output.ts";
import { excerpt, preparePath } from "../path.ts";
import { timestampMilliseconds } from "../timestamp.ts";

/** AWS Step Functions, "Wait workflow state": at most 99,999,999 seconds. */
const LONGEST_SECONDS = 99_999_999;

/** Waits for some seconds or until a time; a time that is past is no wait. */
export function prepareWait(state: WaitState): RunState {
  const next = state.Next;
  const select = prepareInput(state);
  const toOutput = prepareOutput(state);
  const milliseconds = prepareDelay(state);
  return async (raw, frame) => {
    const input = select(raw, frame);
    const delay = milliseconds(input, frame);
    const { execution, signal } = frame.scope;
    if (delay > 0) await execution.clock.sleep(delay, signal);
    return { next, output: toOutput(input, frame) };
  };
}

function prepareDelay(state: WaitState): (input: Json, frame: Frame) => number {
  const { Seconds, SecondsPath, Timestamp, TimestampPath } = state;
  if ([Seconds, SecondsPath, Timestamp, TimestampPath].filter((given) => given !== undefined).length !== 1) {
    throw invalidMachine("A Wait state has exactly one of Seconds, SecondsPath, Timestamp and TimestampPath.");
  }
  if (Seconds !== undefined) return () => secondsDelay(Seconds);
  if (Timestamp !== undefined) return (_, frame) => timestampDelay(Timestamp, frame);
  if (SecondsPath !== undefined) {
    const read = preparePath(SecondsPath, "SecondsPath");
    return (input, frame) => secondsDelay(read(input, frame));
  }
  const read = preparePath(TimestampPath!, "TimestampPath");
  return (input, frame) => timestampDelay(read(input, frame), frame);
}

function secondsDelay(seconds: Json): number {
  if (typeof seconds === "number" && Number.isInteger(seconds) && seconds >= 0 && seconds <= LONGEST_SECONDS)
    return seconds * 1000;
  throw failure("States.Runtime", `A wait is whole seconds from 0 to ${LONGEST_SECONDS}, not ${excerpt(seconds)}`);
}

function timestampDelay(timestamp: Json, frame: Frame): number {
  const end = timestampMilliseconds(timestamp);
  if (end !== undefined) return end - frame.scope.execution.clock.now();
  throw failure(
    "States.Runtime",
    `A wait's end is a timestamp such as 2026-03-14T01:59:00Z, not ${excerpt(timestamp)}`,
  );
}
