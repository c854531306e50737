/** What clocks show, as if they were UTC's: milliseconds since 1970. */
type WallClock = number;

const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clocks of a time zone show at an instant, to the second. */
export function wallClockAt(instant: number, timezone: string): WallClock {
  let format = formats.get(timezone);
  if (format === undefined) {
    const part = "numeric" as const;
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      hourCycle: "h23",
      year: part,
      month: part,
      day: part,
      hour: part,
      minute: part,
      second: part,
    });
    formats.set(timezone, format);
  }
  const shown = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day, hour, minute, second } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** When the clocks of a time zone show that first; undefined where they skip it. */
export function instantOf(wall: WallClock, timezone: string): number | undefined {
  const candidates = [wall - DAY, wall + DAY].map((near) => wall - (wallClockAt(near, timezone) - near));
  const shown = candidates.filter((instant) => wallClockAt(instant, timezone) === wall);
  return shown.length === 0 ? undefined : Math.min(...shown);
}
