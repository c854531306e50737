import type { Clock } from "./clock.ts";

export interface VirtualClock extends Clock {
  hold(): () => void;
}

/**
 * A clock for tests: once the process has nothing else to do, and nobody holds it, it is at once the time that the next
 * sleeper waits for.
 */
export function virtualClock(startedAt = 0): VirtualClock {
  let now = startedAt;
  let holds = 0;
  let isPlanned = false;
  const sleepers = new Map<() => void, number>();

  const wakeNext = () => {
    isPlanned = false;
    if (holds > 0 || sleepers.size === 0) return;
    let next = Infinity;
    for (const at of sleepers.values()) next = Math.min(next, at);
    if (next === Infinity) return;
    now = Math.max(now, next);
    for (const [wake, at] of sleepers) if (at <= now) wake();
    plan();
  };
  // Twice, so that what the process planned for its next turn comes first.
  const plan = () => {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(() => setImmediate(wakeNext));
  };

  return {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          sleepers.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        if (signal.aborted) return resolve();
        sleepers.set(wake, now + milliseconds);
        signal.addEventListener("abort", wake);
        plan();
      }),
    hold() {
      holds += 1;
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        holds -= 1;
        if (holds === 0) plan();
      };
    },
  };
}
