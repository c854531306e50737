import { describe, expect, test } from "vitest";
import { didYouMean, nearest } from "./nearest.ts";

describe("what a mistyped word may have meant", () => {
  test.each([
    ["--tga", ["--tag", "--json", "--quiet"], ["--tag"]],
    ["statr", ["start", "end"], ["start"]],
    ["Stats", ["stats"], ["stats"]],
    ["end", ["start", "compute"], []],
    ["compte", ["compute", "computed", "merge"], ["compute", "computed"]],
  ])("%s among %j is %j", (word, candidates, expected) => {
    expect(nearest(word, candidates)).toEqual(expected);
  });

  test("nothing near gives no suggestion", () => {
    expect(didYouMean("zzz", ["start"])).toBeUndefined();
  });

  test("the suggestion names what is near", () => {
    expect(didYouMean("statr", ["start", "end"])).toBe('Did you mean "start"?');
  });
});
