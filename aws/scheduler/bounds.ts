import type { TimedStart } from "../../graph/schedule.ts";
import { instantOf } from "../../graph/wall-clock.ts";

interface Bounds {
  readonly StartDate?: Date;
  readonly EndDate?: Date;
}

const MINUTES = { minute: 1, hour: 60, day: 1440 };

/**
 * A schedule's start and end as EventBridge Scheduler takes them at an instant: no start that is past (it refuses one that is
 * for more than five minutes), so that a rate which began long ago goes on from its next time; `over` where none is left.
 */
export function boundsAt(now: number, schedule: TimedStart): Bounds | "over" {
  const { expression, timezone, startAt, endAt } = schedule;
  const [, once] = /^at\((.*)\)$/.exec(expression) ?? [];
  if (once !== undefined) {
    const time = instantOf(Date.parse(`${once}Z`), timezone);
    return time === undefined || time <= now ? "over" : {};
  }
  if (endAt !== undefined && Date.parse(endAt) <= now) return "over";
  const start = startAt === undefined ? undefined : nextStart(now, expression, Date.parse(startAt));
  if (start !== undefined && endAt !== undefined && start >= Date.parse(endAt)) return "over";
  return {
    ...(start !== undefined && { StartDate: new Date(start) }),
    ...(endAt !== undefined && { EndDate: new Date(Date.parse(endAt)) }),
  };
}

function nextStart(now: number, expression: string, start: number): number | undefined {
  if (start > now) return start;
  const [, amount, unit] = /^rate\((\d+) (minute|hour|day)/.exec(expression) ?? [];
  if (amount === undefined) return undefined;
  const step = Number(amount) * MINUTES[unit as keyof typeof MINUTES] * 60_000;
  return start + Math.ceil((now - start) / step) * step;
}
