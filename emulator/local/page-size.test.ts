import { expect, test } from "vitest";
import { LARGEST_PAGE, PageSizes } from "./page-size.ts";

function after(seconds: number, times = 1): PageSizes {
  const pages = new PageSizes();
  for (let i = 0; i < times; i++) pages.observe("step", seconds);
  return pages;
}

test("one task at a time until it is known that they are short", () => {
  expect(new PageSizes().of("step", 10_000, 4)).toBe(1);
  expect(after(0.001).of("other", 10_000, 4)).toBe(1);
});

test("tasks that take a second are never bundled", () => {
  expect(after(1).of("step", 10_000, 4)).toBe(1);
});

test("short tasks come in pages that take a few milliseconds, the largest bounded", () => {
  expect(after(0.001).of("step", 10_000, 4)).toBe(12);
  expect(after(0).of("step", 1_000_000, 4)).toBe(LARGEST_PAGE);
});

test("the last tasks are shared out among the workers", () => {
  expect(after(0).of("step", 16, 4)).toBe(2);
  expect(after(0).of("step", 1, 4)).toBe(1);
});

test("one slow task counts at once, a short one only little by little", () => {
  const pages = after(0, 20);
  pages.observe("step", 0.006);
  expect(pages.of("step", 10_000, 4)).toBe(2);
  pages.observe("step", 0);
  expect(pages.of("step", 10_000, 4)).toBe(3);
  pages.observe("step", 0.5);
  pages.observe("step", 0);
  expect(pages.of("step", 10_000, 4)).toBe(1);
});

test("what more workers would save is not known before enough tasks have ended, unless they are long", () => {
  expect(new PageSizes().millisecondsToSave("step", 100)).toBeUndefined();
  expect(after(0.002, 3).millisecondsToSave("step", 100)).toBeUndefined();
  expect(after(0.002, 16).millisecondsToSave("step", 100)).toBeCloseTo(190);
  expect(after(1).millisecondsToSave("step", 2)).toBeCloseTo(1_999.8);
});

test("the next page is fetched ahead only for tasks that are short", () => {
  expect([after(0.001).areShort("step"), after(0.002).areShort("step"), new PageSizes().areShort("step")]).toEqual([
    true,
    false,
    false,
  ]);
});
