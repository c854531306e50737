import { describe, expect, test } from "vitest";
import { z } from "zod";
import { flow } from "../sdk/index.ts";
import type { AnyFlow } from "../sdk/language/language.ts";
import { lineageOf, type AfterTask } from "../graph/lineage.ts";
import { itemRef, unpackValue } from "../store/artifacts/pack.ts";
import { memoryBlobs } from "./fixtures.ts";
import { controlAt, packOutcome } from "./outcome.ts";

const { blobs, pack, unpack } = memoryBlobs();

/** The control values after a task that left these, which are at hand; `before` must be read back. */
function after(
  one: AnyFlow,
  task: AfterTask,
  { before = {}, ...values }: Record<string, unknown> & { before?: Record<string, unknown> },
) {
  const made = { lineage: lineageOf(one.graph), after: task.step, index: task.index, before: pack(before), values };
  return packOutcome(made, blobs).controls;
}

describe("packing artifacts", () => {
  test("what is packed comes back, small or large", () => {
    const values = { small: 1, large: "x".repeat(100_000), list: [{ a: new Date(5) }] };
    expect(unpack(pack(values))).toEqual(values);
  });

  test("what is no data is refused by the artifact's name and the path in it", () => {
    expect(() => pack({ fine: 1, model: { layers: [{ fit: () => 1 }] } })).toThrow(
      expect.objectContaining({
        code: "artifact.unsupported",
        where: expect.objectContaining({ artifact: "model" }),
        message: expect.stringContaining("model.layers[0].fit"),
      }),
    );
  });
});

describe("a foreach that comes next", () => {
  const wide = flow("Wide", { params: { rows: z.array(z.number()) } })
    .step("load", () => ({}))
    .foreach("rows", { as: "row" }, (each) => each.step("fit", () => ({})))
    .join("merge", () => ({}));

  test("is told its width and where each item is", () => {
    const [control] = after(wide, { step: "load", index: [] }, { rows: [7, 8, 9] });
    expect(control).toMatchObject({ node: "merge", index: "0", value: { type: "foreach", width: 3 } });
    const { value } = control!;
    if (value.type !== "foreach") throw new Error("it is no foreach");
    expect([0, 1, 2].map((i) => unpackValue(itemRef(value, i), blobs.read))).toEqual([7, 8, 9]);
  });

  test("is told of a list that a task before left, which is read back", () => {
    expect(after(wide, { step: "load", index: [] }, { before: { rows: [1, 2] } })).toMatchObject([
      { value: { width: 2 } },
    ]);
  });

  test("is told of a list that was just made without reading it back", () => {
    const values = { rows: Array.from({ length: 2000 }, (_, i) => i) };
    const unread = { ...blobs, read: () => expect.fail("it is at hand") };
    const made = { lineage: lineageOf(wide.graph), after: "load", index: [], before: {}, values };
    expect(packOutcome(made, unread).controls).toMatchObject([{ value: { width: 2000 } }]);
  });

  test("and the artifact share one encoding of each item", () => {
    let reads = 0;
    const movie = {
      get title() {
        reads++;
        return "Metropolis";
      },
    };
    const values = { rows: [movie] };
    const made = { lineage: lineageOf(wide.graph), after: "load", index: [], before: {}, values };
    const { own, controls } = packOutcome(made, blobs);
    expect(reads).toBe(1);
    expect(unpack(own)).toEqual({ rows: [{ title: "Metropolis" }] });
    expect(controls).toMatchObject([{ value: { width: 1 } }]);
  });

  test("is refused by the artifact's name where an item is no data", () => {
    expect(() => after(wide, { step: "load", index: [] }, { rows: [{ fit: () => 1 }] })).toThrow(
      expect.objectContaining({
        code: "artifact.unsupported",
        where: { artifact: "rows" },
        message: expect.stringContaining("rows[0].fit"),
      }),
    );
  });

  test("takes the list that was just made rather than the one from before", () => {
    expect(after(wide, { step: "load", index: [] }, { rows: [1, 2, 3], before: { rows: [] } })).toMatchObject([
      { value: { width: 3 } },
    ]);
  });

  test.each([
    ["a text", "abc", '"abc"'],
    ["a number", 5, "5"],
    ["nothing", null, "null"],
    ["an object", { a: 1 }, "an object"],
  ])("is refused over %s", (_, rows, words) => {
    expect(() => after(wide, { step: "load", index: [] }, { rows })).toThrow(
      expect.objectContaining({ code: "foreach.notIterable", message: expect.stringContaining(words) }),
    );
  });

  test("is refused where nobody left the list", () => {
    expect(() => after(wide, { step: "load", index: [] }, {})).toThrow(
      expect.objectContaining({ code: "artifact.missing" }),
    );
  });

  test("within another is told at its own index", () => {
    const nested = flow("Nested")
      .step("start", () => ({ outer: [[1]] }))
      .foreach("outer", { as: "inner" }, (one) =>
        one
          .step("open", () => ({}))
          .foreach("inner", { as: "cell" }, (two) => two.step("fit", () => ({})))
          .join("joinInner", () => ({})),
      )
      .join("joinOuter", () => ({}));
    expect(after(nested, { step: "open", index: [4] }, { before: { inner: [1, 2] } })).toMatchObject([
      { node: "joinInner", index: "4", value: { width: 2 } },
    ]);
  });
});

describe("a switch that comes next", () => {
  const ways = flow("Ways")
    .step("choose", () => ({ way: "a" as "a" | "b", isDone: true }))
    .switch("way", {
      a: (s) => s.step("went", () => ({})),
      b: (s) => s.switch("isDone", { true: (t) => t, false: (t) => t.step("again", () => ({})) }),
    })
    .step("end", () => ({}));

  test("is told the case", () => {
    expect(after(ways, { step: "choose", index: [] }, { way: "a", isDone: true })).toEqual([
      { node: "switch.1", index: "0", value: { type: "switch", case: "a" } },
    ]);
  });

  test("and the one that the case begins with as well", () => {
    expect(after(ways, { step: "choose", index: [] }, { way: "b", isDone: false })).toMatchObject([
      { value: { case: "b" } },
      { value: { case: "false" } },
    ]);
  });

  test("without such a case is refused, with those that it has", () => {
    expect(() => after(ways, { step: "choose", index: [] }, { way: "c", isDone: true })).toThrow(
      expect.objectContaining({ code: "switch.noCase", message: expect.stringContaining('it has "a", "b"') }),
    );
  });

  test("goes on with otherwise where there is one", () => {
    const other = flow("Other")
      .step("choose", () => ({ way: "a" as string }))
      .switch("way", { a: (s) => s.step("went", () => ({})) }, (s) => s)
      .step("end", () => ({}));
    const [control] = after(other, { step: "choose", index: [] }, { way: "z" });
    expect(control!.value).toMatchObject({ type: "switch", case: expect.not.stringMatching(/^(a|z)$/) });
  });
});

describe("the loop that a task ends a round of", () => {
  const rounds = flow("Rounds")
    .step("start", () => ({ more: true }))
    .loop({ while: "more", max: 3 }, (body) => body.step("turn", () => ({ more: true })))
    .step("end", () => ({}));

  test.each([
    ["goes round again while it is true", 0, true, { again: true }],
    ["ends where it is false", 1, false, { again: false }],
    ["ends after its most rounds, and says that it was held", 2, true, { again: false, bound: true }],
    ["ends by itself in its last round", 2, false, { again: false }],
  ])("%s", (_, round, more, value) => {
    expect(after(rounds, { step: "turn", index: [round] }, { more })[0]).toEqual({
      node: "loop.1",
      index: String(round),
      value: { type: "loop", ...value },
    });
  });

  test("is refused where the condition is neither true nor false", () => {
    expect(() => after(rounds, { step: "turn", index: [0] }, { more: 1 })).toThrow(
      expect.objectContaining({ code: "loop.notBoolean" }),
    );
  });
});

describe("a control node that is asked on its own", () => {
  const wide = flow("Wide")
    .step("load", () => ({ rows: [1], way: true }))
    .foreach("rows", { as: "row" }, (each) => each.step("fit", () => ({})))
    .join("merge", () => ({}))
    .switch("way", { true: (s) => s, false: (s) => s })
    .step("end", () => ({}));
  const at = (node: string, values: object) =>
    controlAt(lineageOf(wide.graph), { node, index: "0" }, { manifest: pack({ ...values }), blobs });

  test("is answered as it would have been written down", () => {
    expect(at("merge", { rows: [1, 2] })).toMatchObject({ node: "merge", index: "0", value: { width: 2 } });
    expect(at("switch.1", { way: false })).toEqual({
      node: "switch.1",
      index: "0",
      value: { type: "switch", case: "false" },
    });
  });
});
