import { expect, test } from "vitest";
import { didYouMean } from "./did-you-mean.ts";

test.each([
  ["statr", `Did you mean "start"?`],
  ["zebra", undefined],
])("what %s may have meant: %s", (word, suggestion) => {
  expect(didYouMean(word, ["start", "end"])).toBe(suggestion);
});
