import { describe, expect, test } from "vitest";
import { checkGraph } from "./check.ts";
import type { Graph } from "./graph.ts";
import { describeSchedule, schedulesOf } from "./schedule.ts";

const parameters = { top: { required: true }, since: { required: false } };
const graphOf = (schedule: unknown, more: Partial<Graph> = {}): Graph => ({
  version: 1,
  name: "F",
  parameters: {},
  body: [{ type: "step", name: "start", options: {} }],
  schedule: schedule as NonNullable<Graph["schedule"]>,
  ...more,
});
const messages = (schedule: unknown, more?: Partial<Graph>) =>
  checkGraph(graphOf(schedule, more)).map(({ code, message }) => (expect(code).toBe("graph.schedule"), message));

describe("a cron", () => {
  test.each([
    "* * * * ? *",
    "0 6 ? * MON-FRI *",
    "0/5 8-17 ? * mon,WED 2026-2030",
    "0 0 L * ? *",
    "0 0 LW JAN-MAR ? *",
    "0 0 15W,L 1/3 ? *",
    "0 0 ? * 6L *",
    "0 0 ? * FRIL *",
    "0 0 ? * L *",
    "0 0 ? * FRI#2,3#5 *",
    "*/10 0 1,15,31 2 ? 1970-2199/2",
    "0 0 ? * SUN-SAT/2 *",
  ])("of EventBridge Scheduler is taken: %s", (cron) => {
    expect(messages({ cron })).toEqual([]);
    expect(messages(`cron(${cron})`)).toEqual([]);
    expect(messages({ cron: `cron(${cron})` })).toEqual([]);
  });

  test.each([
    ["0 6 * * ?", "a cron has 6 fields"],
    ["", "and this has 0"],
    ["0 6 * * * *", 'one of day of month and day of week must be "?"'],
    ["0 6 1 * MON *", 'one of day of month and day of week must be "?"'],
    ["0 6 ? * ? *", "only one of day of month and day of week"],
    ["60 6 * * ? *", 'minutes "60": "60" is not 0 to 59'],
    ["0 24 * * ? *", 'hours "24": "24" is not 0 to 23'],
    ["0 6 0 * ? *", 'day of month "0": "0" is not 1 to 31'],
    ["0 6 32W * ? *", '"32" is not 1 to 31'],
    ["0 6 L-3 * ? *", '"L-3" is no day'],
    ["0 6 LW,1 * ? *", "LW must stand alone"],
    ["0 6 W * ? *", '"W" is no day'],
    ["0 6 * 13 ? *", 'month "13": "13" is not 1 to 12 or JAN to DEC'],
    ["0 6 * JANUARY ? *", '"JANUARY" is not 1 to 12'],
    ["0 6 ? * 0 *", '"0" is not 1 to 7 or SUN to SAT'],
    ["0 6 ? * 8L *", '"8" is not 1 to 7'],
    ["0 6 ? * FRI#6 *", "a month has a day 1 to 5 times, not 6"],
    ["0 6 ? * 3W *", '"3W" is no day'],
    ["0 6 ? * FRI-MON *", "the range FRI-MON goes backwards"],
    ["0 6 * * ? 1969", '"1969" is not 1970 to 2199'],
    ["0 6 * * ? 2200", '"2200" is not 1970 to 2199'],
    ["? 6 * * ? *", '"?" is for days alone'],
    ["0 6 ?,1 * ? *", "must"],
    ["0,,5 6 * * ? *", "a value is missing"],
    ["0/0 6 * * ? *", '"/0" is no step'],
    ["0/1/2 6 * * ? *", 'more than one "/"'],
    ["1-2-3 6 * * ? *", '"1-2-3" is no range'],
    ["-5 6 * * ? *", "is not 0 to 59"],
    ["5L 6 * * ? *", '"5L" is not 0 to 59'],
  ])("that would be refused is found: %s", (cron, message) => {
    expect(messages({ cron })).toEqual([expect.stringContaining(message)]);
  });
});

describe("a schedule", () => {
  test("may be several, each with all that it can say", () => {
    const all = [
      "rate(1 day)",
      "at(2027-01-31T06:00:00)",
      { rate: "5 minutes", startAt: "2026-01-01T00:00Z", endAt: "2026-01-01T02:00:00+01:00", jitter: "1m" },
      {
        cron: "0 6 * * ? *",
        timezone: "America/Argentina/Buenos_Aires",
        jitter: "24h",
        input: { since: [{ a: null }] },
      },
    ];
    expect(messages(all, { parameters: { since: { required: false } } })).toEqual([]);
  });

  test.each<[string, unknown, string]>([
    ["no cron, rate or at", { timezone: "UTC" }, "it has 0 of cron, rate and at"],
    ["two of them", { cron: "0 6 * * ? *", rate: "1 day" }, "it has 2 of cron, rate and at"],
    ["a number", 5, "5 is none"],
    ["a word that there is not", { rate: "1 day", zone: "UTC" }, 'it has no "zone"'],
    ["a rate of none", { rate: "0 minutes" }, '"0 minutes" is no rate'],
    ["a rate in weeks", "rate(2 weeks)", '"2 weeks" is no rate'],
    ["a day that is not", "at(2027-02-29T06:00:00)", '"2027-02-29T06:00:00" is no time for at'],
    ["a time zone that is not", { rate: "1 day", timezone: "Mars/Olympus" }, '"Mars/Olympus" is no time zone'],
    ["an offset for a time zone", { rate: "1 day", timezone: "+01:00" }, '"+01:00" is no time zone'],
    ["a start with no offset", { rate: "1 day", startAt: "2026-01-01T00:00:00" }, "startAt"],
    ["an end that is no day", { rate: "1 day", endAt: "2026-02-30T00:00:00Z" }, "endAt"],
    [
      "a start after the end",
      { rate: "1 day", startAt: "2027-01-01T00:00Z", endAt: "2026-01-01T00:00Z" },
      "not before",
    ],
    ["a start for once", { at: "2027-01-31T06:00:00", startAt: "2026-01-01T00:00Z" }, "it has startAt and is for once"],
    ["no jitter", { rate: "1 day", jitter: "0m" }, 'jitter "0m" is not 1 to 1440 minutes'],
    ["jitter in seconds", { rate: "1 day", jitter: "90s" }, 'jitter "90s"'],
    ["jitter beyond a day", { rate: "1 day", jitter: "25h" }, 'jitter "25h"'],
    ["input that is no JSON", { rate: "1 day", input: { top: new Date(0) } }, "its input is no object of JSON"],
    [
      "input with a number that is none",
      { rate: "1 day", input: { top: Number.NaN } },
      "its input is no object of JSON",
    ],
    ["input that is a list", { rate: "1 day", input: [] }, "its input is no object of JSON"],
    ["input of no parameter", { rate: "1 day", input: { top: 1, tip: 1 } }, 'its input names "tip"'],
    ["no input where one is required", "rate(1 day)", "it gives no top, which the flow requires"],
  ])("with %s is found", (_, schedule, message) => {
    const given =
      typeof schedule === "object" && !("input" in schedule!) ? { ...schedule, input: { top: 1 } } : schedule;
    const all = message.includes("requires")
      ? parameters
      : { ...parameters, top: { required: typeof schedule === "object" } };
    expect(messages(given, { parameters: all })).toEqual([expect.stringContaining(message)]);
  });

  test("is found by its place among several, and where it is there twice", () => {
    expect(messages(["rate(1 day)", "rate(1 days)", "rate(1 day)"])).toEqual([
      expect.stringContaining("schedule 2: "),
      expect.stringContaining("is there twice"),
    ]);
  });
});

test("a graph with one expression, as earlier versions wrote it, is read as one schedule in UTC", () => {
  expect(schedulesOf({ schedule: "cron(0  6 * * ? *)" })).toEqual([
    { expression: "cron(0 6 * * ? *)", timezone: "UTC" },
  ]);
  expect(schedulesOf({})).toEqual([]);
});

test("a schedule is told with all that it says", () => {
  const schedule = [
    { cron: "0 6 * * ? *", timezone: "Europe/Berlin", jitter: "15m", endAt: "2027-01-01T00:00Z", input: { top: 5 } },
    "rate(1 hour)",
  ];
  expect(schedulesOf({ schedule }).map(describeSchedule)).toEqual([
    'cron(0 6 * * ? *) Europe/Berlin, up to 15 minutes later, until 2027-01-01T00:00Z, with {"top":5}',
    "rate(1 hour)",
  ]);
});
