import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EndWriter } from "./end-writer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open(write: (ends: readonly number[]) => Promise<unknown> = async () => {}) {
  const log: string[] = [];
  const writer = new EndWriter<number>({
    write: (ends) => (log.push(`write ${ends.join(" ")}`), write(ends)),
    onWritten: (end) => void log.push(`written ${end}`),
    onIdle: () => void log.push("idle"),
    onError: (error) => void log.push(`error ${(error as Error).message}`),
  });
  return { writer, log };
}

test("ends that come together are written together, and each is told after it is written", async () => {
  const { writer, log } = open();
  writer.add(1);
  writer.add(2);
  await writer.flush();
  expect(log).toEqual(["write 1 2", "written 1", "written 2", "idle"]);
});

test("what ends while others are being written makes the next batch, before anybody is told that all is", async () => {
  const { writer, log } = open(async ([first]) => {
    if (first === 1) for (const end of [2, 3]) writer.add(end);
  });
  writer.add(1);
  await Promise.all([writer.flush(), writer.flush()]);
  expect(log).toEqual(["write 1", "written 1", "write 2 3", "written 2", "written 3", "idle"]);
  expect(writer.isWriting).toBe(false);
});

test("an end that may wait is written soon all the same", async () => {
  const { writer, log } = open();
  writer.add(1);
  writer.flushLater();
  writer.flushLater();
  expect(log).toEqual([]);
  await vi.runAllTimersAsync();
  expect(log).toEqual(["write 1", "written 1", "idle"]);
});

test("a ledger that can't be written to is told of, and nothing is taken for written", async () => {
  const { writer, log } = open(() => Promise.reject(new Error("disk full")));
  writer.add(1);
  await writer.flush();
  expect(log).toEqual(["write 1", "error disk full", "idle"]);
});
