import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PoolSize } from "./pool-size.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function consider(size: PoolSize, ...[milliseconds, workers]: [number | undefined, number]): () => number {
  let grown = 0;
  size.consider(milliseconds, workers, () => grown++);
  return () => grown;
}

test("the first worker is started at once", () => {
  expect(consider(new PoolSize(), undefined, 0)()).toBe(1);
});

test("a further one is started at once where it saves more than its start costs", () => {
  expect(consider(new PoolSize(), 1_000, 2)()).toBe(1);
  expect(consider(new PoolSize(), 150, 2)()).toBe(0);
});

test("one that is not worth it is started all the same once no task ends for a while", () => {
  const grown = consider(new PoolSize(), 10, 2);
  expect(grown()).toBe(0);
  vi.runAllTimers();
  expect(grown()).toBe(1);
});

test("while tasks go on ending it is not", () => {
  const size = new PoolSize();
  const grown = consider(size, 10, 2);
  size.taskEnded();
  vi.runAllTimers();
  expect(grown()).toBe(0);
});

test("asked again while it waits, it grows once", () => {
  const size = new PoolSize();
  const grown = [consider(size, 10, 2), consider(size, 10, 2)];
  vi.runAllTimers();
  expect(grown.map((one) => one())).toEqual([1, 0]);
});
