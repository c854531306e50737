import { expect, test } from "vitest";
import { StepCounts } from "./task-counts.ts";

const started = (step: string, attempt = 1) => ({ type: "task.started", step, index: "0", attempt }) as const;
const finished = (step: string, status: "succeeded" | "failed" | "stopped", more: object = {}) =>
  ({ type: "task.finished", step, index: "0", attempt: 1, status, seconds: 0, ...more }) as const;

test("a task counts once, however often it was tried", () => {
  const counts = new StepCounts();
  for (const event of [started("a"), finished("a", "failed", { retryInSeconds: 0 }), started("a", 2)])
    counts.add(event);
  expect(counts.total).toEqual({ succeeded: 0, failed: 0, caught: 0, stopped: 0 });
  counts.add(finished("a", "succeeded"));
  expect(counts.total).toEqual({ succeeded: 1, failed: 0, caught: 0, stopped: 0 });
});

test("one that was caught has failed, and is known as such", () => {
  const counts = new StepCounts();
  counts.add(finished("a", "failed", { caught: true }));
  expect(counts.total).toEqual({ succeeded: 0, failed: 1, caught: 1, stopped: 0 });
});

test("steps are in the order in which they were reached, also those whose tasks only began", () => {
  const counts = new StepCounts();
  for (const event of [started("b"), started("a"), finished("b", "stopped")]) counts.add(event);
  expect([...counts.steps.keys()]).toEqual(["b", "a"]);
  expect(counts.steps.get("b")).toMatchObject({ stopped: 1 });
});
