import type { Graph, JsonObject, Schedule } from "./graph.ts";
import { parseDuration } from "./units.ts";

/** A schedule as EventBridge Scheduler has it. */
export interface TimedStart {
  /** `cron(…)`, `rate(…)` or `at(…)`. */
  readonly expression: string;
  readonly timezone: string;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly jitterMinutes?: number;
  readonly input?: JsonObject;
}

/** What a flow says of its schedules, each as an object; what is none of EventBridge Scheduler's expressions as it is. */
export function writtenSchedules({ schedule }: Pick<Graph, "schedule">): readonly (Schedule | string)[] {
  if (schedule === undefined) return [];
  const all = Array.isArray(schedule) ? (schedule as readonly (string | Schedule)[]) : [schedule as string | Schedule];
  return all.map((one) => (typeof one === "string" ? objectOf(one) : one));
}

/** `cron(0 6 * * ? *)` as `{ cron: "0 6 * * ? *" }`; what is no expression as it is. */
function objectOf(expression: string): Schedule | string {
  const [, kind, inner] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? [];
  return kind === undefined ? expression : { [kind]: inner };
}

/** The schedules of a graph that has no mistake. */
export function schedulesOf(graph: Pick<Graph, "schedule">): readonly TimedStart[] {
  const written = writtenSchedules(graph).filter((one) => typeof one === "object");
  return written.map(({ timezone = "UTC", startAt, endAt, jitter, input, ...when }) => ({
    expression: expressionOf(when),
    timezone,
    ...(startAt !== undefined && { startAt }),
    ...(endAt !== undefined && { endAt }),
    ...(jitter !== undefined && { jitterMinutes: parseDuration(jitter) / 60 }),
    ...(input !== undefined && { input }),
  }));
}

function expressionOf({ cron, rate, at }: Pick<Schedule, "cron" | "rate" | "at">): string {
  if (rate !== undefined) return `rate(${rate})`;
  return at === undefined ? `cron(${fieldsOf(cron ?? "").join(" ")})` : `at(${at})`;
}

/** The fields of a cron, also where it is written with its name around it. */
export function fieldsOf(cron: string): readonly string[] {
  const [, inner = cron] = /^cron\((.*)\)$/.exec(cron) ?? [];
  return inner.trim().split(/\s+/);
}

/** `cron(0 6 * * ? *) Europe/Berlin, up to 15 minutes later, from … until …, with {"top":5}`. */
export function describeSchedule({ expression, timezone, ...more }: TimedStart): string {
  const { startAt, endAt, jitterMinutes, input } = more;
  const zone = expression.startsWith("rate(") ? "" : ` ${timezone}`;
  return [
    `${expression}${zone}`,
    jitterMinutes !== undefined && `up to ${jitterMinutes} ${jitterMinutes === 1 ? "minute" : "minutes"} later`,
    startAt !== undefined && `from ${startAt}`,
    endAt !== undefined && `until ${endAt}`,
    input !== undefined && `with ${JSON.stringify(input)}`,
  ]
    .filter(Boolean)
    .join(", ");
}
