import { expect, test } from "vitest";
import { nearPartition, taskKey } from "./keys.ts";

const run = { flow: "Flow", run: 42 };

/** How many of the tasks stand in each partition. */
function partitions(indices: readonly string[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const index of indices) {
    const { pk } = taskKey(run, { step: "compute", index });
    sizes.set(pk, (sizes.get(pk) ?? 0) + 1);
  }
  return sizes;
}

const range = (width: number) => Array.from({ length: width }, (_, at) => String(at));
const nested = (...widths: number[]): string[] =>
  widths.map(range).reduce((outer, inner) => outer.flatMap((at) => inner.map((below) => `${at}.${below}`)));

test.each([
  ["a task in no foreach", ["0"]],
  ["a foreach of 256", range(256)],
  ["a foreach of 16 in one of 16", nested(16, 16)],
  ["three of 6", nested(6, 6, 6)],
])("the tasks of %s stand in one partition, so that one query reads them", (_what, indices) => {
  expect([...partitions(indices)]).toEqual([[nearPartition(run), indices.length]]);
});

test.each([
  ["a foreach of 10,000", range(10_000)],
  ["a foreach of 100 in one of 100", nested(100, 100)],
  ["a foreach of 5,000 in one of 2", nested(2, 5000)],
  ["a foreach of 2 in one of 5,000", nested(5000, 2)],
  ["three of 20", nested(20, 20, 20)],
])("the tasks of %s are spread evenly, so that no partition is hot", (_what, indices) => {
  const sizes = partitions(indices);
  expect(sizes.size).toBe(17);
  expect(Math.max(...sizes.values())).toBeLessThan((indices.length / 16) * 1.3);
});
