import type { StepOptions } from "../../graph/graph.ts";
import { taskPlaceOf } from "./place.ts";
import type { Running } from "./price.ts";
import { HEARTBEAT_SECONDS } from "./requests.ts";

/** What became of a step's tasks, or is taken to. */
export interface Activity extends Running {
  readonly tasks: number;
  readonly attempts: number;
  /** That containers sent. */
  readonly heartbeats: number;
}

export const IDLE: Activity = { tasks: 0, attempts: 0, seconds: 0, billedSeconds: 0, heartbeats: 0 };

/** Fargate counts a container as a minute at least. aws.amazon.com/fargate/pricing */
const LEAST_SECONDS = 60;

/** So many tasks, each of so many attempts that took as long. */
export function activityOf(
  options: StepOptions,
  { tasks, attemptsEach = 1, seconds }: { tasks: number; attemptsEach?: number; seconds: number },
): Activity {
  const isContainer = taskPlaceOf(options).type !== "lambda";
  const attempts = tasks * attemptsEach;
  return {
    tasks,
    attempts,
    seconds: seconds * attempts,
    billedSeconds: Math.max(isContainer ? LEAST_SECONDS : 0, seconds) * attempts,
    heartbeats: isContainer ? Math.max(0, Math.ceil(seconds / HEARTBEAT_SECONDS) - 1) * attempts : 0,
  };
}

export function together(a: Activity, b: Activity): Activity {
  return {
    tasks: a.tasks + b.tasks,
    attempts: a.attempts + b.attempts,
    seconds: a.seconds + b.seconds,
    billedSeconds: a.billedSeconds + b.billedSeconds,
    heartbeats: a.heartbeats + b.heartbeats,
  };
}
