import type { Json } from "../../../graph/graph.ts";
import type { WaitState } from "../../../statemachines/asl.ts";
import { invalidMachine, stateFailure } from "../errors.ts";
import type { StateFailure } from "../errors.ts";
import type { Frame, RunState } from "../execution.ts";
import { prepareAssign, prepareInput, prepareOutput } from "../input-output.ts";
import { preparePath } from "../path.ts";
import { checkTimestamp, timestampMilliseconds } from "../timestamp.ts";

/** AWS Step Functions, "Wait workflow state": at most 99,999,999 seconds. */
const LONGEST_SECONDS = 99_999_999;
/** A time further away than this was refused in AWS, though the developer guide does not say so. */
const FURTHEST_SECONDS = 2 ** 31 - 1;

/** Waits for some seconds or until a time; a time that is past is no wait. */
export function prepareWait(state: WaitState): RunState {
  const next = state.Next;
  const select = prepareInput(state);
  const toOutput = prepareOutput(state);
  const assign = prepareAssign(state);
  const milliseconds = prepareDelay(state);
  return async (raw, frame) => {
    const input = select(raw, frame);
    const delay = milliseconds(input, frame);
    const { execution, signal } = frame.scope;
    if (delay > 0) await execution.clock.sleep(delay, signal);
    assign(input, frame);
    return { next, output: toOutput(input, frame) };
  };
}

function prepareDelay(state: WaitState): (input: Json, frame: Frame) => number {
  const { Seconds, SecondsPath, Timestamp, TimestampPath } = state;
  if ([Seconds, SecondsPath, Timestamp, TimestampPath].filter((one) => one !== undefined).length !== 1) {
    throw invalidMachine("A Wait state has exactly one of Seconds, SecondsPath, Timestamp and TimestampPath.");
  }
  if (Seconds !== undefined) {
    if (!Number.isInteger(Seconds) || Seconds < 0 || Seconds > LONGEST_SECONDS)
      throw invalidMachine(`Seconds must be a whole number from 0 to ${LONGEST_SECONDS}, not ${Seconds}.`);
    return () => Seconds * 1000;
  }
  if (Timestamp !== undefined) {
    checkTimestamp(Timestamp);
    return (_, frame) => untilTimestamp(timestampMilliseconds(Timestamp)!, frame);
  }
  if (SecondsPath !== undefined) {
    const read = preparePath(SecondsPath, ({ text }) =>
      wrong(`The SecondsPath parameter does not reference an input value: ${text}`),
    );
    return (input, frame) => secondsDelay(read(input, frame), SecondsPath);
  }
  const read = preparePath(TimestampPath!, ({ text }) =>
    wrong(`The TimestampPath parameter does not reference an input value: ${text}`),
  );
  return (input, frame) => {
    const value = read(input, frame);
    const end = timestampMilliseconds(value);
    if (end !== undefined) return untilTimestamp(end, frame);
    throw wrong(
      `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${TimestampPath} == ${textOf(value)}`,
    );
  };
}

function secondsDelay(seconds: Json, path: string): number {
  const said = `${path} == ${textOf(seconds)}`;
  if (typeof seconds !== "number" || !Number.isInteger(seconds))
    throw wrong(`The SecondsPath parameter cannot be parsed as a long value: ${said}`);
  if (seconds < 0) throw wrong(`The SecondsPath parameter references a negative value: ${said}`);
  if (seconds > LONGEST_SECONDS) throw tooLong();
  return seconds * 1000;
}

function untilTimestamp(end: number, frame: Frame): number {
  const delay = end - frame.scope.execution.clock.now();
  if (delay > FURTHEST_SECONDS * 1000) throw tooLong();
  return delay;
}

function tooLong(): Error {
  return wrong("Wait state delay is too long.");
}

function wrong(cause: string): StateFailure {
  return stateFailure("States.Runtime", cause);
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
