import { describe, expect, test } from "vitest";
import { formatBytes, formatCount, formatSeconds, formatTaskError, formatTime } from "./words.ts";

describe("what people read", () => {
  test.each([
    [0.0004, "0 ms"],
    [0.85, "850 ms"],
    [12.34, "12.3 s"],
    [59.96, "1 min 0 s"],
    [245, "4 min 5 s"],
    [7380, "2 h 3 min"],
  ])("%f seconds are %s", (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [5 * 1024 ** 3, "5.0 GiB"],
  ])("%i bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test("counts have their noun's number and thousands", () => {
    expect([formatCount(1, "task"), formatCount(3200, "task")]).toEqual(["1 task", "3,200 tasks"]);
  });

  test("a time is the reader's own", () => {
    expect(formatTime(new Date(2026, 0, 31, 12, 3, 4).getTime())).toBe("2026-01-31 12:03:04");
  });

  test("an error takes one line, with the author's file and line", () => {
    expect(formatTaskError({ name: "TypeError", message: "no\nmore", source: "a.ts:3:4" })).toBe(
      "TypeError: no (a.ts:3:4)",
    );
  });
});
