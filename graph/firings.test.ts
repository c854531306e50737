import { Cron } from "croner";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextFirings } from "./firings.ts";

const at = (text: string) => Date.parse(text);
const times = (expression: string, from: string, more: { timezone?: string; startAt?: string; endAt?: string } = {}) =>
  nextFirings({ expression, timezone: "UTC", ...more }, at(from), 4).map((time) =>
    new Date(time).toISOString().replace(/:00\.000Z$/, ""),
  );
const newYear = "2026-01-01T00:00:00Z";

describe("a cron fires", () => {
  test.each<[string, string[]]>([
    ["0 6 * * ? *", ["2026-01-01T06:00", "2026-01-02T06:00", "2026-01-03T06:00", "2026-01-04T06:00"]],
    ["0 0 * * ? *", ["2026-01-01T00:00", "2026-01-02T00:00", "2026-01-03T00:00", "2026-01-04T00:00"]],
    ["0/15 8 ? * MON-FRI *", ["2026-01-01T08:00", "2026-01-01T08:15", "2026-01-01T08:30", "2026-01-01T08:45"]],
    ["5/25 0 ? * mon *", ["2026-01-05T00:05", "2026-01-05T00:30", "2026-01-05T00:55", "2026-01-12T00:05"]],
    ["0 0 1/10 * ? *", ["2026-01-01T00:00", "2026-01-11T00:00", "2026-01-21T00:00", "2026-01-31T00:00"]],
    ["0 0 L * ? *", ["2026-01-31T00:00", "2026-02-28T00:00", "2026-03-31T00:00", "2026-04-30T00:00"]],
    ["0 0 L 2 ? *", ["2026-02-28T00:00", "2027-02-28T00:00", "2028-02-29T00:00", "2029-02-28T00:00"]],
    ["0 0 LW * ? *", ["2026-01-30T00:00", "2026-02-27T00:00", "2026-03-31T00:00", "2026-04-30T00:00"]],
    ["0 0 15W * ? *", ["2026-01-15T00:00", "2026-02-16T00:00", "2026-03-16T00:00", "2026-04-15T00:00"]],
    ["0 0 1W * ? *", ["2026-01-01T00:00", "2026-02-02T00:00", "2026-03-02T00:00", "2026-04-01T00:00"]],
    ["0 0 1W,15W * ? *", ["2026-01-01T00:00", "2026-01-15T00:00", "2026-02-02T00:00", "2026-02-16T00:00"]],
    ["0 0 ? * 6L *", ["2026-01-30T00:00", "2026-02-27T00:00", "2026-03-27T00:00", "2026-04-24T00:00"]],
    ["0 0 ? * FRIL *", ["2026-01-30T00:00", "2026-02-27T00:00", "2026-03-27T00:00", "2026-04-24T00:00"]],
    ["0 0 ? * L *", ["2026-01-03T00:00", "2026-01-10T00:00", "2026-01-17T00:00", "2026-01-24T00:00"]],
    ["0 0 ? * FRI#2 *", ["2026-01-09T00:00", "2026-02-13T00:00", "2026-03-13T00:00", "2026-04-10T00:00"]],
    ["0 0 ? * 2#5 *", ["2026-03-30T00:00", "2026-06-29T00:00", "2026-08-31T00:00", "2026-11-30T00:00"]],
    ["0 0 ? * MON#1,4#3 *", ["2026-01-05T00:00", "2026-01-21T00:00", "2026-02-02T00:00", "2026-02-18T00:00"]],
    ["0 0 ? * 1,7 2030", ["2030-01-05T00:00", "2030-01-06T00:00", "2030-01-12T00:00", "2030-01-13T00:00"]],
    ["0 0 29 2 ? *", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00", "2040-02-29T00:00"]],
    ["0 0 1 JAN ? 2027/3", ["2027-01-01T00:00", "2030-01-01T00:00", "2033-01-01T00:00", "2036-01-01T00:00"]],
    ["0 0 1 1 ? 2027-2028", ["2027-01-01T00:00", "2028-01-01T00:00"]],
    ["0 0 1 1 ? 2027/999", ["2027-01-01T00:00"]],
    ["0 0 31 4 ? *", []],
    ["0 0 1 1 ? 2025", []],
  ])("cron(%s)", (fields, expected) => {
    expect(times(`cron(${fields})`, newYear)).toEqual(expected);
  });

  test("within its start and its end, both of which are in it", () => {
    const bounds = { startAt: "2026-02-01T08:00:00+02:00", endAt: "2026-02-02T06:00:00Z" };
    expect(times("cron(0 6 * * ? *)", newYear, bounds)).toEqual(["2026-02-01T06:00", "2026-02-02T06:00"]);
  });

  test("by the clocks of its time zone", () => {
    const timezone = "Asia/Kolkata";
    expect(times("cron(0 6 1 * ? *)", newYear, { timezone })[0]).toBe("2026-01-01T00:30");
  });
});

describe("where clocks change", () => {
  test.each<[string, string, string, string[]]>([
    // EventBridge Scheduler user guide, "Daylight savings time": skipped in spring, and once in autumn.
    ["30 2 * * ? *", "America/New_York", "2026-03-07T00:00Z", ["2026-03-07T07:30", "2026-03-09T06:30"]],
    [
      "30 1 * * ? *",
      "America/New_York",
      "2026-10-31T00:00Z",
      ["2026-10-31T05:30", "2026-11-01T05:30", "2026-11-02T06:30"],
    ],
    ["0/30 1 1 11 ? 2026", "America/New_York", "2026-10-31T00:00Z", ["2026-11-01T05:00", "2026-11-01T05:30"]],
    [
      "0 * 29 3 ? 2026",
      "Europe/Berlin",
      "2026-03-28T23:00Z",
      ["2026-03-28T23:00", "2026-03-29T00:00", "2026-03-29T01:00", "2026-03-29T02:00"],
    ],
    ["0 2 25 10 ? 2026", "Europe/Berlin", "2026-10-24T00:00Z", ["2026-10-25T00:00"]],
    ["0 2 25 10 ? 2026", "Europe/Berlin", "2026-10-25T00:30Z", []],
    ["15 2 4 10 ? 2026", "Australia/Lord_Howe", "2026-10-01T00:00Z", []],
  ])("cron(%s) %s", (fields, timezone, from, expected) => {
    const found = times(`cron(${fields})`, from, { timezone });
    expect(found.slice(0, expected.length || 1)).toEqual(expected);
  });

  test("a rate goes on by the hours that have passed", () => {
    const bounds = { timezone: "America/New_York", startAt: "2026-03-07T12:00:00Z" };
    expect(times("rate(1 day)", "2026-03-07T13:00:00Z", bounds).slice(0, 2)).toEqual([
      "2026-03-08T12:00",
      "2026-03-09T12:00",
    ]);
  });

  test("a time for once that is skipped never comes", () => {
    const zone = { timezone: "Europe/Berlin" };
    expect(times("at(2026-03-29T02:30:00)", newYear, zone)).toEqual([]);
    expect(times("at(2026-03-29T03:30:00)", newYear, zone)).toEqual(["2026-03-29T01:30"]);
    expect(times("at(2025-03-29T03:30:00)", newYear, zone)).toEqual([]);
  });
});

/** Times of a day that clocks neither skip nor show twice, anywhere: from four in the morning on. */
const hour = fc.integer({ min: 4, max: 22 });
const minute = fc.oneof(fc.integer({ min: 0, max: 59 }).map(String), fc.constantFrom("*/7", "3-9", "0,30"));
const day = fc.oneof(
  fc.tuple(fc.constantFrom("*", "1", "13", "L", "15W", "1-7", "*/9"), fc.constant("?")),
  fc.tuple(fc.constant("?"), fc.constantFrom("2", "MON-FRI", "6L", "FRI#2", "1,7", "*")),
);
const month = fc.constantFrom("*", "2", "JAN-MAR", "*/5");
const year = fc.constantFrom("*", "2027", "2026-2030", "*/4");
const zone = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland");

test("croner says the same where its syntax is AWS's and no clock changes", () => {
  fc.assert(
    fc.property(
      minute,
      hour,
      day,
      month,
      year,
      zone,
      fc.integer({ min: 0, max: 500 }),
      (m, h, [d, w], mon, y, timezone, days) => {
        const fields = [m, h, d, mon, w, y].join(" ");
        const from = at(newYear) + days * 86_400_000;
        const theirs = new Cron(`0 ${fields}`, { timezone, alternativeWeekdays: true }).nextRuns(
          3,
          new Date(from - 1000),
        );
        const ours = nextFirings({ expression: `cron(${fields})`, timezone }, from, 3);
        expect(ours).toEqual(theirs.map((date) => date.getTime()));
      },
    ),
  );
});
