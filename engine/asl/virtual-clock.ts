import type { Clock } from "./clock.ts";

/** A clock for tests: once the process has nothing else to do, it is at once the time that the next sleeper waits for. */
export function virtualClock(startedAt = 0): Clock {
  let now = startedAt;
  const sleepers = new Map<() => void, number>();
  const wakeNext = () => {
    const [wake, at] = [...sleepers].toSorted(([, a], [, b]) => a - b)[0] ?? [];
    if (wake === undefined) return;
    now = Math.max(now, at!);
    sleepers.delete(wake);
    wake();
  };
  return {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        sleepers.set(resolve, now + milliseconds);
        signal.addEventListener("abort", () => {
          sleepers.delete(resolve);
          resolve();
        });
        setImmediate(wakeNext);
      }),
  };
}
