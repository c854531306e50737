import { expect, test } from "vitest";
import { virtualClock } from "./virtual-clock.ts";

const { signal } = new AbortController();

test("sleepers wake in the order of their times, each at its own", async () => {
  const clock = virtualClock(1_000);
  const woken: [string, number][] = [];
  const sleep = async (name: string, milliseconds: number) => {
    await clock.sleep(milliseconds, signal);
    woken.push([name, clock.now()]);
  };
  await Promise.all([sleep("late", 7_000), sleep("early", 5), sleep("too", 5)]);
  expect(woken).toEqual([
    ["early", 1_005],
    ["too", 1_005],
    ["late", 8_000],
  ]);
});

test("no time passes while the clock is held", async () => {
  const clock = virtualClock();
  const release = clock.hold();
  const slept = clock.sleep(5, signal);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(clock.now()).toBe(0);
  release();
  await slept;
  expect(clock.now()).toBe(5);
});

test("a sleeper whose signal aborts wakes before its time, and no time passes for it", async () => {
  const clock = virtualClock();
  const controller = new AbortController();
  const slept = clock.sleep(5_000, controller.signal);
  controller.abort();
  await slept;
  expect(clock.now()).toBe(0);
});
