import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const names = ["local", "lambda", "batch", "gpu"];

test.each([
  ["batchh", "batch"],
  ["bacth", "batch"],
  ["Batch", "batch"],
  ["lamda", "lambda"],
  ["gp", "gpu"],
])("%s most likely means %s", (typed, meant) => {
  expect(nearest(typed, names)).toBe(meant);
});

test.each(["kubernetes", "", "cpus", "lmbd-x"])("%j is near to nothing", (typed) => {
  expect(nearest(typed, names)).toBeUndefined();
});

test("the nearest wins over the first", () => {
  expect(nearest("steps", ["stop", "step", "steep"])).toBe("step");
});
