import { expect, test } from "vitest";
import type { ForeachNode } from "../graph/graph.ts";
import { compile } from "./compile.ts";
import { transitions } from "./cost.ts";
import { account, foreach, graph, step } from "./fixtures.ts";

/** Foreachs in foreachs, and how often what stands in one of them is looked at. */
function nested(depth: number) {
  const looks = { bodies: 0 };
  let node = foreach("level0", [step("first"), step("second")]);
  for (let level = 1; level < depth; level++) {
    const body = [node];
    const around: ForeachNode = foreach(`level${level}`, body);
    node = Object.defineProperty({ ...around }, "body", {
      enumerable: true,
      get() {
        looks.bodies++;
        return body;
      },
    });
  }
  return { flow: graph("Nested", node), looks };
}

function looksFor(depth: number, work: (flow: ReturnType<typeof graph>) => void): number {
  const { flow, looks } = nested(depth);
  work(flow);
  return looks.bodies;
}

test.each<[string, (flow: ReturnType<typeof graph>) => void]>([
  ["compiled", (flow) => void compile(flow, account)],
  ["counted", (flow) => void transitions(flow)],
])("a foreach in foreachs is %s with as many looks at it however deep it stands", (_, work) => {
  const [some, many] = [looksFor(50, work) / 50, looksFor(200, work) / 200];
  expect(many).toBeLessThan(1.1 * some);
});
