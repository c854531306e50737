import { describe, expect, test } from "vitest";
import type { GraphNode } from "../graph/graph.ts";
import { foreach, graph, loop, step } from "./fixtures.ts";
import { inlineForeachs, mapRunConcurrency } from "./inline.ts";

const pair = [step("x"), step("y")];

function isInline(body: readonly GraphNode[]): boolean {
  const node = foreach("merge", body);
  return inlineForeachs(graph("F", node)).has(node);
}

describe("children run inside their flow's own execution", () => {
  test.each([
    ["where they are short", pair, true],
    ["not where 40 of them could fill its history", Array.from({ length: 100 }, (_, i) => step(`s${i}`)), false],
    ["not where a loop in them could", [loop(1, [step("x")], 100)], false],
    ["also where they hold array jobs", [foreach("inner", [step("x")])], true],
    ["not where they hold Maps", [foreach("inner", pair)], false],
  ])("%s", (_, body, expected) => {
    expect(isInline(body)).toBe(expected);
  });

  test("not where many foreachs share the history", () => {
    const maps = Array.from({ length: 60 }, (_, i) => foreach(`join${i}`, pair));
    expect(inlineForeachs(graph("F", ...maps)).size).toBe(0);
  });
});

test("Map Runs in Map Runs can never take all of an account's 1,000 places from the innermost", () => {
  let node = foreach("leaf", pair);
  let open = 0;
  for (let level = 1; level <= 6; level++) {
    // Of the Map Runs around the innermost: this one, and all those that its children open.
    node = foreach(`level${level}`, [node]);
    open = 1 + (level === 1 ? 0 : mapRunConcurrency(node) * open);
    expect(open).toBeLessThan(1_000);
  }
});
