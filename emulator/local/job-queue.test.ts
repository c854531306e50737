import { expect, test } from "vitest";
import type { Job } from "../../engine/job.ts";
import { JobQueue } from "./job-queue.ts";

const job = (step: string, size: number): Job => ({ step, size, attempts: 1, proof: "", index: String });
const named = (tries: ReturnType<JobQueue["take"]>) => tries.map(({ job: { step }, index }) => `${step}/${index}`);

test("jobs are taken in the order they came, an array's tasks in theirs", () => {
  const queue = new JobQueue();
  queue.add(job("a", 3));
  queue.add(job("b", 1));
  expect(queue.length).toBe(4);
  expect(named(queue.take(2))).toEqual(["a/0", "a/1"]);
  expect(named(queue.take(5))).toEqual(["a/2"]);
  expect(named(queue.take(5))).toEqual(["b/0"]);
  expect([queue.length, queue.nextStep]).toEqual([0, undefined]);
});

test("a page is of one step, of as many of its jobs as there is room for", () => {
  const queue = new JobQueue();
  for (const one of [job("a", 1), job("a", 2), job("b", 1)]) queue.add(one);
  expect(named(queue.take(10))).toEqual(["a/0", "a/0", "a/1"]);
});

test("tries that come back go first, and are of a page of their own where their step is another", () => {
  const queue = new JobQueue();
  queue.add(job("a", 2));
  const [first] = queue.take(1);
  queue.add(job("b", 1));
  queue.giveBack([{ ...first!, number: 2 }]);
  expect(queue.take(1)).toMatchObject([{ index: "0", number: 2 }]);
  queue.giveBack([{ job: job("c", 1), index: "0", number: 3 }]);
  expect(named(queue.take(10))).toEqual(["c/0"]);
  expect(named(queue.take(10))).toEqual(["a/1"]);
});

test("of tries that come back those that came last go first, each lot in its order", () => {
  const queue = new JobQueue();
  const again = (index: string) => ({ job: one, index, number: 2 });
  const one = job("a", 1);
  queue.giveBack([again("5")]);
  queue.giveBack([again("3"), again("4")]);
  expect(named(queue.take(10))).toEqual(["a/3", "a/4", "a/5"]);
});

test("a wide array takes no room before its tasks are taken", () => {
  const queue = new JobQueue();
  let made = 0;
  queue.add({ ...job("wide", 1_000_000), index: (position) => (made++, String(position)) });
  expect([queue.length, named(queue.take(2)).length, made]).toEqual([1_000_000, 2, 2]);
});

test("a job that is removed leaves the others where they were", () => {
  const queue = new JobQueue();
  const [gone, stays] = [job("a", 5), job("a", 3)];
  queue.add(gone);
  queue.add(stays);
  queue.giveBack([...queue.take(1), { job: stays, index: "9", number: 2 }]);
  queue.remove(gone);
  expect(queue.length).toBe(4);
  expect(named(queue.take(10))).toEqual(["a/9", "a/0", "a/1", "a/2"]);
});

test("thousands of jobs that have been taken are let go of", () => {
  const queue = new JobQueue();
  for (let i = 0; i < 3_000; i++) queue.add(job(`s${i}`, 1));
  for (let i = 0; i < 2_500; i++) expect(named(queue.take(4))).toEqual([`s${i}/0`]);
  expect([queue.length, queue.nextStep]).toEqual([500, "s2500"]);
});
