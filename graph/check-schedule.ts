import type { ErrorCode } from "./error-codes.ts";
import { quote } from "./mistake.ts";

/**
 * EventBridge's schedule expressions (AWS EventBridge user guide, "Schedule types"): `cron(` minutes, hours, day of
 * month, month, day of week, year `)`, one of the two days being `?`; or `rate(` a number and a unit `)`.
 */
export function checkSchedule(
  schedule: string | undefined,
  note: (code: ErrorCode, message: string, hint: string) => void,
): void {
  if (schedule === undefined || isSchedule(schedule)) return;
  const hint =
    'Write "rate(1 hour)" or six fields, one of the two days a "?", such as "cron(0 6 * * ? *)" for 6:00 each day.';
  note("graph.schedule", `schedule ${quote(schedule)} is neither a cron nor a rate expression`, hint);
}

function isSchedule(schedule: unknown): boolean {
  if (typeof schedule !== "string") return false;
  const [, amount, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule) ?? [];
  if (unit) return Number(amount) > 0 && (Number(amount) === 1) === schedule.endsWith(`${unit})`);
  const fields = /^cron\(([^()]+)\)$/.exec(schedule)?.[1]?.split(/ +/) ?? [];
  const days = [fields[2], fields[4]].filter((day) => day === "?");
  return fields.length === 6 && days.length === 1 && fields.every((field) => /^[\w*?,/#-]+$/.test(field));
}
