import { describe, expect, test } from "vitest";
import { parseDuration, parseSize } from "./units.ts";

describe("a size", () => {
  test.each([
    ["512MiB", 512],
    ["4GiB", 4096],
    ["1.5GiB", 1536],
    ["1TiB", 1_048_576],
  ])("%s is %i mebibytes", (text, mebibytes) => {
    expect(parseSize(text)).toBe(mebibytes);
  });

  test.each(["4 gigs", "4", "GiB", "4GB", "4 GiB", "-1GiB", "0MiB", "0.5MiB", "1e3MiB", "", "999999999999TiB"])(
    "%j is none",
    (text) => {
      expect(() => parseSize(text)).toThrow(`${JSON.stringify(text)} is not a size`);
    },
  );
});

describe("a duration", () => {
  test.each([
    ["90s", 90],
    ["15m", 900],
    ["24h", 86_400],
    ["1d", 86_400],
    ["1h30m", 5400],
    ["500ms", 0.5],
    ["1s250ms", 1.25],
    ["1d2h3m4s", 93_784],
  ])("%s is %i seconds", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each(["", "soon", "90", "1.5h", "30m1h", "0s", "-5s", "5 m", "ms", "1w"])("%j is none", (text) => {
    expect(() => parseDuration(text)).toThrow(`${JSON.stringify(text)} is not a duration`);
  });
});
