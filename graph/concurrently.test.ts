import { expect, test } from "vitest";
import { concurrently, mapConcurrently, upTo } from "./concurrently.ts";

/** Work that stands still until it is let go; what has begun is noted. */
function gate() {
  const begun: number[] = [];
  const open = new Map<number, { resolve(): void; reject(error: Error): void }>();
  const work = (item: number) => {
    begun.push(item);
    return new Promise<number>((resolve, reject) => open.set(item, { resolve: () => resolve(item * 10), reject }));
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return {
    begun,
    work,
    finish: async (item: number) => (open.get(item)!.resolve(), settled()),
    fail: async (item: number) => (open.get(item)!.reject(new Error(`no ${item}`)), settled()),
  };
}

test("no more are under way than the limit, and the next begins when one is done", async () => {
  const { begun, work, finish } = gate();
  const all = concurrently(2, upTo(4), work);
  expect(begun).toEqual([0, 1]);
  await finish(1);
  expect(begun).toEqual([0, 1, 2]);
  for (const item of [2, 0, 3]) await finish(item);
  await all;
  expect(begun).toEqual([0, 1, 2, 3]);
});

test("answers come in the order of the items, whichever is done first", async () => {
  const { work, finish } = gate();
  const all = mapConcurrently(3, [7, 8, 9], work);
  for (const item of [9, 7, 8]) await finish(item);
  expect(await all).toEqual([70, 80, 90]);
});

test("after a failure no further item is begun, and it is told at once", async () => {
  const { begun, work, fail, finish } = gate();
  const all = concurrently(2, upTo(5), work);
  all.catch(() => {});
  await fail(0);
  await expect(all).rejects.toThrow("no 0");
  await finish(1);
  expect(begun).toEqual([0, 1]);
});

test("items are made only as their turn comes", async () => {
  let made = 0;
  function* items() {
    for (;;) yield made++;
  }
  const { work, fail } = gate();
  const all = concurrently(3, items(), work);
  all.catch(() => {});
  expect(made).toBe(3);
  await fail(2);
  await expect(all).rejects.toThrow("no 2");
  expect(made).toBe(3);
});

test("of nothing there is nothing to do", async () => {
  expect(await mapConcurrently(4, [], async () => 1)).toEqual([]);
});
