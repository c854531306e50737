import { describe, expect, test } from "vitest";
import type { Json } from "../../../graph/graph.ts";
import { interpret } from "../interpreter.ts";
import { virtualClock } from "../virtual-clock.ts";

async function run(fields: object, input: Json = {}) {
  const clock = virtualClock(Date.parse("2026-01-01T00:00:00Z"));
  const started = clock.now();
  const result = await interpret({ StartAt: "Wait", States: { Wait: { Type: "Wait", ...fields, End: true } } }, input, {
    integrations: async () => null,
    clock,
  });
  return { result, seconds: (clock.now() - started) / 1000 };
}

describe("a Wait state waits", () => {
  test.each<[fields: object, input: Json, seconds: number]>([
    [{ Seconds: 10 }, {}, 10],
    [{ Seconds: 0 }, {}, 0],
    [{ SecondsPath: "$.s" }, { s: 3 }, 3],
    [{ Timestamp: "2026-01-01T00:01:00Z" }, {}, 60],
    [{ Timestamp: "2025-01-01T00:00:00Z" }, {}, 0],
    [{ TimestampPath: "$.t" }, { t: "2026-01-01T01:00:30+01:00" }, 30],
    [{ InputPath: "$.in", SecondsPath: "$.s" }, { in: { s: 2 } }, 2],
  ])("%j on %j: %i s", async (fields, input, seconds) => {
    expect(await run(fields, input)).toMatchObject({ seconds, result: { status: "SUCCEEDED" } });
  });
});

test("a Wait state hands its input on", async () => {
  expect((await run({ Seconds: 1 }, { a: 1 })).result).toMatchObject({ output: { a: 1 } });
});

describe("a time that is none fails the execution", () => {
  test.each<[fields: object, input: Json]>([
    [{ SecondsPath: "$.s" }, { s: "3" }],
    [{ SecondsPath: "$.s" }, { s: -1 }],
    [{ SecondsPath: "$.s" }, { s: 1.5 }],
    [{ SecondsPath: "$.s" }, {}],
    [{ TimestampPath: "$.t" }, { t: "tomorrow" }],
  ])("%j on %j", async (fields, input) => {
    expect((await run(fields, input)).result).toMatchObject({ error: "States.Runtime" });
  });
});
