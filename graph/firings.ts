import { Cron } from "croner";
import { CRON_FIELDS } from "./cron-fields.ts";
import { fieldsOf, type TimedStart } from "./schedule.ts";
import { instantOf, wallClockAt } from "./wall-clock.ts";

const SECONDS = { minute: 60, hour: 3600, day: 86_400 };

/**
 * When a schedule starts runs, from `from` on (milliseconds since 1970), at most `count` times. A rate without a start goes
 * from `from` on: in an account, from the moment it is made.
 *
 * As EventBridge Scheduler says of daylight saving time (user guide, "Schedule types"), a time that the clocks skip is left
 * out and one that they show twice comes once; a rate goes by hours that have passed.
 *
 * Cron is croner's, read by clocks that never change. Its own time zones would not do: of the times that are skipped it moves
 * some to later. `aws-cron-parser` knows AWS's syntax, but finds the 1st of March for the 29th of February, nothing for LW, and
 * only the first of `1W,15W`.
 */
export function nextFirings(
  schedule: Pick<TimedStart, "expression" | "timezone" | "startAt" | "endAt">,
  from: number,
  count: number,
): number[] {
  const { expression, timezone, startAt, endAt } = schedule;
  const [, kind, inner = ""] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? [];
  const first = Math.max(from, startAt === undefined ? from : Date.parse(startAt));
  const last = endAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(endAt);
  const times =
    kind === "rate"
      ? rateTimes(inner, { first, anchor: startAt === undefined ? from : Date.parse(startAt) })
      : kind === "at"
        ? onceAt(inner, timezone)
        : cronTimes(inner, timezone, first);
  const found: number[] = [];
  for (const time of times) {
    if (time > last || found.length === count) break;
    if (time >= first) found.push(time);
  }
  return found;
}

function* rateTimes(rate: string, { first, anchor }: { readonly first: number; readonly anchor: number }) {
  const [, amount, unit] = /^(\d+) (minute|hour|day)/.exec(rate) ?? [];
  const step = Number(amount) * SECONDS[unit as keyof typeof SECONDS] * 1000;
  for (let time = anchor + Math.ceil((first - anchor) / step) * step; ; time += step) yield time;
}

function onceAt(local: string, timezone: string): number[] {
  const time = instantOf(Date.parse(`${local}Z`), timezone);
  return time === undefined ? [] : [time];
}

function* cronTimes(fields: string, timezone: string, first: number) {
  const cron = new Cron(`0 ${cronerFields(fieldsOf(fields)).join(" ")}`, {
    timezone: "UTC",
    alternativeWeekdays: true,
    mode: "7-part",
  });
  // croner finds what comes after.
  let wall: Date | null = new Date(wallClockAt(first, timezone) - 1000);
  while ((wall = cron.nextRun(wall))) {
    const time = instantOf(wall.getTime(), timezone);
    if (time !== undefined) yield time;
  }
}

/** In croner's words: a step from a value on has its end, and the last day of a week is its seventh. */
function cronerFields(fields: readonly string[]): readonly string[] {
  return fields.map((text, at) => {
    const { name, to } = CRON_FIELDS[at]!;
    const parts = text.split(",").map((part) => {
      const [, start, step] = /^(\w+)\/(\d+)$/.exec(part) ?? [];
      const width = to - CRON_FIELDS[at]!.from + 1;
      if (step !== undefined && Number(step) >= width) return start!;
      if (start !== undefined) return `${start}-${to}/${step}`;
      const [, wide] = /^\*\/(\d+)$/.exec(part) ?? [];
      if (wide !== undefined && Number(wide) >= width) return String(CRON_FIELDS[at]!.from);
      return name === "day of week" && part.toUpperCase() === "L" ? "7" : part;
    });
    return parts.join(",");
  });
}
