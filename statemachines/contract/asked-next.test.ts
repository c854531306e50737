import { expect, test } from "vitest";
import { lineageOf } from "../../graph/lineage.ts";
import { askedNext } from "./asked-next.ts";
import { foreach, graph, lambda, loop, step, switchOn } from "../fixtures.ts";

const flow = graph(
  "F",
  lambda("start"),
  switchOn(1, { a: [], b: [lambda("inB")] }),
  foreach("merge", [loop(1, [lambda("spin")]), lambda("rest")]),
  step("end"),
);

test.each([
  ["start", "0", { node: "switch.1", index: "0" }],
  ["inB", "0", { node: "merge", index: "0" }],
  ["spin", "7.2", { node: "loop.1", index: "7.2" }],
  ["rest", "7", undefined],
  ["merge", "0", undefined],
])("after %s/%s the machine asks %o first", (name, index, expected) => {
  expect(askedNext(lineageOf(flow), name, index)).toEqual(expected);
});
