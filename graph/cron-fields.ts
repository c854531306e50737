import { quote } from "./mistake.ts";

/** A field of a cron expression and its values. */
interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** In place of the numbers from `from` on. */
  readonly names?: readonly string[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** Source: EventBridge Scheduler user guide, "Schedule types", "Cron-based schedules". */
export const CRON_FIELDS: readonly Field[] = [
  { name: "minutes", from: 0, to: 59 },
  { name: "hours", from: 0, to: 23 },
  { name: "day of month", from: 1, to: 31 },
  { name: "month", from: 1, to: 12, names: MONTHS },
  { name: "day of week", from: 1, to: 7, names: DAYS },
  { name: "year", from: 1970, to: 2199 },
];

/** Why these are no fields of a cron expression; undefined where they are. */
export function problemOfCron(fields: readonly string[]): string | undefined {
  if (fields.length !== CRON_FIELDS.length || fields[0] === "")
    return `a cron has 6 fields (${CRON_FIELDS.map(({ name }) => name).join(", ")}), and this has ${fields[0] === "" ? 0 : fields.length}`;
  const [, , dayOfMonth, , dayOfWeek] = fields;
  if (dayOfMonth === "?" && dayOfWeek === "?") return 'only one of day of month and day of week may be "?"';
  if (dayOfMonth !== "?" && dayOfWeek !== "?") return 'one of day of month and day of week must be "?"';
  for (const [at, text] of fields.entries()) {
    const field = CRON_FIELDS[at]!;
    const problem = problemOfField(text, field);
    if (problem !== undefined) return `${field.name} ${quote(text)}: ${problem}`;
  }
  return undefined;
}

function problemOfField(text: string, field: Field): string | undefined {
  const isDay = field.name.startsWith("day");
  if (text === "?") return isDay ? undefined : '"?" is for days alone';
  const parts = text.split(",");
  if (/\bLW\b/i.test(text) && parts.length > 1) return "LW must stand alone";
  for (const part of parts) {
    const problem = problemOfPart(part, field);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfPart(part: string, field: Field): string | undefined {
  if (part === "") return "a value is missing";
  if (part === "?") return '"?" must stand alone';
  if (/[LW#]/i.test(part) && field.name.startsWith("day") && !DAYS.includes(part.toUpperCase()) && isSpecial(part))
    return problemOfSpecial(part.toUpperCase(), field);
  const [range = "", step, ...rest] = part.split("/");
  if (rest.length > 0) return `${quote(part)} has more than one "/"`;
  if (step !== undefined && !(/^\d{1,4}$/.test(step) && Number(step) > 0)) return `"/${step}" is no step`;
  if (range === "*") return undefined;
  const [first = "", last, ...more] = range.split("-");
  if (more.length > 0) return `${quote(range)} is no range`;
  for (const value of [first, last]) {
    const problem = value === undefined ? undefined : problemOfValue(value, field);
    if (problem !== undefined) return problem;
  }
  if (last !== undefined && valueOf(first, field)! > valueOf(last, field)!) return `the range ${range} goes backwards`;
  return undefined;
}

/** Whether a part has L, W or # beyond a day's name. */
function isSpecial(part: string): boolean {
  return /[LW#]/i.test(part.replaceAll(/SUN|MON|TUE|WED|THU|FRI|SAT/gi, ""));
}

function problemOfSpecial(part: string, field: Field): string | undefined {
  if (field.name === "day of month") {
    if (part === "L" || part === "LW") return undefined;
    const [, day] = /^(\d+)W$/.exec(part) ?? [];
    return day === undefined
      ? `${quote(part)} is no day; L is the last, 15W the weekday nearest the 15th`
      : problemOfValue(day, field);
  }
  if (part === "L") return undefined;
  const [, day, nth] = /^(\w+)#(\d+)$/.exec(part) ?? [];
  if (day !== undefined) {
    const inMonth = Number(nth) >= 1 && Number(nth) <= 5;
    return problemOfValue(day, field) ?? (inMonth ? undefined : `a month has a day 1 to 5 times, not ${nth}`);
  }
  const [, last] = /^(\w+)L$/.exec(part) ?? [];
  return last === undefined
    ? `${quote(part)} is no day; 6L is the last Friday, FRI#2 the second`
    : problemOfValue(last, field);
}

function problemOfValue(text: string, field: Field): string | undefined {
  const value = valueOf(text, field);
  const names = field.names ? ` or ${field.names[0]} to ${field.names.at(-1)}` : "";
  if (value !== undefined && value >= field.from && value <= field.to) return undefined;
  return `${quote(text)} is not ${field.from} to ${field.to}${names}`;
}

function valueOf(text: string, { from, names = [] }: Field): number | undefined {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  const named = names.indexOf(text.toUpperCase());
  return named === -1 ? undefined : named + from;
}
