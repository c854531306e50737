import { expect, test } from "vitest";
import { withinBounds } from "./bounded.ts";

test("work within its bounds is done, and its own failure is its own", () => {
  expect(withinBounds(1_000, () => ({ sum: 1 + 2 }))).toEqual({ sum: 3 });
  const fails = () => {
    throw new TypeError("no");
  };
  expect(() => withinBounds(1_000, fails)).toThrow(new TypeError("no"));
});

test("a pattern that backtracks for ever and a call without end are ended", () => {
  expect(withinBounds(20, () => ({ is: /^(a+)+$/.test(`${"a".repeat(60)}!`) }))).toBeUndefined();
  const deeper = (): object => ({ of: deeper() });
  expect(withinBounds(10_000, deeper)).toBeUndefined();
});
