import { expect, test } from "vitest";
import { controlFields, controlItem, controlItemKey, parseControlKey, type ForeachFields } from "./control-item.ts";

const run = { flow: "Stats", run: 42 };

function foreachOf(width: number) {
  return { type: "foreach" as const, width, pages: [], pageSize: 100 };
}

test.each([
  [
    "a foreach's width and positions",
    "merge",
    foreachOf(3),
    { width: { N: "3" }, items: { S: "[0,1,2]" }, chunks: { S: "[]" } },
  ],
  ["a switch's case", "switch.1", { type: "switch" as const, case: "drama" }, { case: { S: "drama" } }],
  ["whether a loop goes on", "loop.2", { type: "loop" as const, again: true }, { again: { BOOL: true } }],
])("the machine finds %s under the run, the node and the place", (_, node, value, fields) => {
  expect(controlItem(run, { node, index: "3.1", value })).toEqual({
    pk: { S: `Stats/42#control#${node}` },
    sk: { S: "3.1" },
    ...fields,
  });
});

test.each([
  { node: "merge", index: "0" },
  { node: "switch.12", index: "3.1.7" },
])("what a key of $node at $index asks for is told from it", (key) => {
  expect(parseControlKey(controlItemKey(run, key))).toEqual({ run, ...key });
});

test.each([
  [0, 0],
  [1, 1],
  [40, 40],
  [41, 0],
  [1_000_000, 0],
])("of a foreach %i wide, %i positions travel in the payload", (width, count) => {
  expect(controlFields(foreachOf(width))).toMatchObject({
    items: Array.from({ length: count }, (_, i) => i),
  });
});

test.each([
  [0, []],
  [10_000, []],
  [
    10_001,
    [
      [0, 5000],
      [5000, 5001],
    ],
  ],
  [
    20_000,
    [
      [0, 10_000],
      [10_000, 10_000],
    ],
  ],
])("a foreach %i wide is a few even array jobs only where it is over 10,000", (width, chunks) => {
  expect(controlFields(foreachOf(width))).toMatchObject({ chunks });
});

test.each([10_001, 19_999, 20_001, 999_999, 1_000_000])(
  "the array jobs of a foreach %i wide have all its children once",
  (width) => {
    const { chunks } = controlFields(foreachOf(width)) as ForeachFields;
    let next = 0;
    for (const [first, size] of chunks) {
      expect(first).toBe(next);
      expect(size).toBeLessThanOrEqual(10_000);
      next += size;
    }
    expect(next).toBe(width);
  },
);
