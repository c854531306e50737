import { expect, test } from "vitest";
import { inPieces } from "./pieces.ts";

test.each([
  ["nothing", [], []],
  ["only empty segments", ["", ""], []],
  ["one short segment", ["ab"], ["ab"]],
  ["a segment of just that size", ["abc"], ["abc"]],
  ["a long segment", ["abcdefgh"], ["abc", "def", "gh"]],
  ["many short ones", ["a", "", "bc", "d", "e"], ["abc", "de"]],
  ["one that ends in the middle of a piece", ["abcd", "efgh"], ["abc", "def", "gh"]],
])("%s, in pieces of three", (_what, segments, pieces) => {
  expect(
    [
      ...inPieces(
        segments.map((text) => Buffer.from(text)),
        3,
      ),
    ].map(String),
  ).toEqual(pieces);
});

test("what need not be copied is not", () => {
  const segment = new Uint8Array(10);
  expect([...inPieces([segment], 4)].every((piece) => piece.buffer === segment.buffer)).toBe(true);
});
