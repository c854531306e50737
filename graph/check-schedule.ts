import { problemOfCron } from "./cron-fields.ts";
import type { ErrorCode } from "./error-codes.ts";
import type { Graph, Schedule } from "./graph.ts";
import { quote } from "./mistake.ts";
import { fieldsOf, schedulesOf, writtenSchedules } from "./schedule.ts";
import { parseDuration } from "./units.ts";

type Note = (code: ErrorCode, message: string, hint: string) => void;
/** What is wrong, and how it is put right. */
type Problem = readonly [message: string, hint: string];

/** So many are put in their places within one request. */
const MOST = 50;
/** Amazon EventBridge Scheduler API reference, FlexibleTimeWindow. */
const MOST_MINUTES = 1440;
/** EventBridge Scheduler quotas: 256 KB of what a target is given, of which some is not the flow's. */
const INPUT_BYTES = 200_000;

const KEYS = ["cron", "rate", "at", "timezone", "startAt", "endAt", "jitter", "input"];

/** Holds the schedules of a flow to what Amazon EventBridge Scheduler takes (user guide, "Schedule types"). */
export function checkSchedules(graph: Pick<Graph, "schedule" | "parameters">, note: Note): void {
  const all = writtenSchedules(graph);
  const place = (at: number) => (all.length > 1 ? `schedule ${at + 1}` : "the schedule");
  if (all.length > MOST)
    note("graph.schedule", `it has ${all.length} schedules`, `Write ${MOST} at most; a cron may name many times.`);
  const whole: Schedule[] = [];
  for (const [at, one] of all.entries()) {
    const schedule = isObject(one) ? (one as Schedule) : undefined;
    const problems = schedule ? problemsOf(schedule, graph.parameters) : [notOne(one)];
    for (const [message, hint] of problems) note("graph.schedule", `${place(at)}: ${message}`, hint);
    if (schedule && problems.length === 0) whole.push(schedule);
  }
  const seen = new Set<string>();
  for (const [at, one] of schedulesOf({ schedule: whole }).entries()) {
    const text = JSON.stringify(one);
    if (seen.has(text)) note("graph.schedule", `${place(at)} is there twice`, "Leave one of them.");
    seen.add(text);
  }
}

function notOne(value: unknown): Problem {
  return [`${quote(value)} is none`, 'Write "cron(0 6 * * ? *)", "rate(1 hour)" or { cron, timezone, input }.'];
}

function problemsOf(schedule: Schedule, parameters: Graph["parameters"]): readonly Problem[] {
  const unknown = Object.keys(schedule).filter((key) => !KEYS.includes(key));
  const found: (Problem | undefined)[] = [
    unknown.length > 0 ? [`it has no ${unknown.map(quote).join(", ")}`, `There are ${KEYS.join(", ")}.`] : undefined,
    problemOfTime(schedule),
    problemOfZone(schedule),
    problemOfBounds(schedule),
    problemOfJitter(schedule),
    problemOfInput(schedule, parameters),
  ];
  return found.filter((problem) => problem !== undefined);
}

const HINT =
  'Write "rate(1 hour)" or six fields, one of the two days a "?", such as "cron(0 6 * * ? *)" for 6:00 each day.';

function problemOfTime({ cron, rate, at }: Schedule): Problem | undefined {
  const given = [cron, rate, at].filter((one) => one !== undefined);
  if (given.length !== 1) return [`it has ${given.length} of cron, rate and at`, "Give one of them."];
  if (typeof given[0] !== "string") return [`${quote(given[0])} is no text`, HINT];
  if (cron !== undefined) {
    const problem = problemOfCron(fieldsOf(cron));
    return problem === undefined ? undefined : [`${quote(cron)} is no cron: ${problem}`, HINT];
  }
  if (rate !== undefined) {
    const [, amount, unit] = /^([1-9]\d{0,8}) (minute|hour|day)s?$/.exec(rate) ?? [];
    if (unit && (Number(amount) === 1) === rate.endsWith(unit)) return undefined;
    return [`${quote(rate)} is no rate`, 'Write "1 minute", "5 minutes", "1 hour", "2 days".'];
  }
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(at!) && isDate(at!)) return undefined;
  return [`${quote(at)} is no time for at`, 'Write it as "2027-01-31T06:00:00", and its time zone as timezone.'];
}

function problemOfZone({ timezone }: Schedule): Problem | undefined {
  if (timezone === undefined) return undefined;
  const hint = 'Write a name of the tz database, such as "Europe/Berlin", "America/New_York" or "UTC".';
  return isZone(timezone) ? undefined : [`${quote(timezone)} is no time zone`, hint];
}

function isZone(timezone: unknown): boolean {
  if (typeof timezone !== "string" || !/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/.test(timezone) || timezone.length > 50)
    return false;
  try {
    Intl.DateTimeFormat("en", { timeZone: timezone });
    return true;
  } catch {
    return false;
  }
}

function problemOfBounds({ at, startAt, endAt }: Schedule): Problem | undefined {
  for (const [key, time] of Object.entries({ startAt, endAt })) {
    if (time === undefined) continue;
    if (at !== undefined) return [`it has ${key} and is for once`, `Leave ${key} out, or write a cron or rate.`];
    if (typeof time === "string" && isInstant(time)) continue;
    return [`${key} ${quote(time)} is no time`, 'Write it with its offset, such as "2027-01-31T00:00:00Z".'];
  }
  if (startAt === undefined || endAt === undefined || Date.parse(startAt) < Date.parse(endAt)) return undefined;
  return [`startAt ${startAt} is not before endAt ${endAt}`, "Change one of them."];
}

function isInstant(text: string): boolean {
  const [, local] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  return local !== undefined && isDate(local) && !Number.isNaN(Date.parse(text));
}

/** Whether there is such a day, and such a time of it. */
function isDate(local: string): boolean {
  const date = new Date(`${local}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(local);
}

function problemOfJitter({ jitter }: Schedule): Problem | undefined {
  if (jitter === undefined) return undefined;
  const minutes = minutesOf(jitter);
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= MOST_MINUTES) return undefined;
  return [`jitter ${quote(jitter)} is not 1 to ${MOST_MINUTES} minutes`, 'Write whole minutes, such as "15m" or "2h".'];
}

function minutesOf(duration: unknown): number {
  try {
    return typeof duration === "string" ? parseDuration(duration) / 60 : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

function problemOfInput({ input }: Schedule, parameters: Graph["parameters"]): Problem | undefined {
  if (input !== undefined && !(isObject(input) && isJson(input)))
    return [
      "its input is no object of JSON",
      "Give parameters by name, as texts, numbers, true, false, null, lists and objects.",
    ];
  const given = Object.keys(input ?? {});
  const strange = given.filter((name) => !Object.hasOwn(parameters, name));
  if (strange.length > 0)
    return [`its input names ${strange.map(quote).join(", ")}, of which the flow has no parameter`, "Leave it out."];
  const missing = Object.keys(parameters).filter((name) => parameters[name]!.required && !given.includes(name));
  if (missing.length > 0)
    return [`it gives no ${missing.join(", ")}, which the flow requires`, "Give it as input, or give it a default."];
  if (Buffer.byteLength(JSON.stringify(input ?? {})) <= INPUT_BYTES) return undefined;
  return [`its input has more than ${INPUT_BYTES} bytes`, "Let the first step read it from somewhere."];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isJson(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value !== "object" || value === null)
    return value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value);
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
  return isPlain && Object.values(value).every(isJson);
}
