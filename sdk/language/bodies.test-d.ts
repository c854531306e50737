/* oxlint-disable vitest/expect-expect -- where something must not compile, that is the assertion */
import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { flow } from "./flow.ts";
import type { Branches, Context } from "./context.ts";
import type { AnyFlow, ArtifactsOf, StepsOf } from "./language.ts";

const nothing = () => {};

describe("foreach", () => {
  const lists = flow("F").step("a", () => ({
    n: 1,
    text: "abc",
    maybe: [1] as number[] | undefined,
    numbers: new Float64Array(3),
    pairs: new Map([["k", 1]]),
    rows: [[1], [2]],
  }));

  test("goes over whatever is iterable", () => {
    lists.foreach("numbers", { as: "x" }, (e) =>
      e.step("b", ({ x }) => expectTypeOf(x).toEqualTypeOf<number>() && nothing()),
    );
    lists.foreach("pairs", { as: "x" }, (e) =>
      e.step("b", ({ x }) => expectTypeOf(x).toEqualTypeOf<[string, number]>() && nothing()),
    );
  });

  test("does not go over a number, a text, what may be missing or what is not there", () => {
    // @ts-expect-error a number
    lists.foreach("n", { as: "x" }, (e) => e.step("b", nothing));
    // @ts-expect-error a text
    lists.foreach("text", { as: "x" }, (e) => e.step("b", nothing));
    // @ts-expect-error it may be missing
    lists.foreach("maybe", { as: "x" }, (e) => e.step("b", nothing));
    // @ts-expect-error it is not there
    lists.foreach("nope", { as: "x" }, (e) => e.step("b", nothing));
  });

  test("nests, each body seeing the elements around it", () => {
    const f = lists
      .foreach("rows", { as: "row" }, (outer) =>
        outer
          .foreach("row", { as: "cell" }, (inner) => inner.step("c", ({ row, cell }) => ({ share: cell / row.length })))
          .join("cells", (branches) => ({ shares: branches.pluck("share") })),
      )
      .join("rowsDone", (branches) => ({ matrix: branches.pluck("shares") }));
    expectTypeOf<ArtifactsOf<typeof f>["matrix"]>().toEqualTypeOf<number[][]>();
    expectTypeOf<ArtifactsOf<typeof f, "c">["cell"]>().toEqualTypeOf<number>();
    expectTypeOf<StepsOf<typeof f>>().toEqualTypeOf<"a" | "c" | "cells" | "rowsDone">();
  });

  test("gives its join the branches, in order, and the artifacts from before", () => {
    lists
      .foreach("rows", { as: "row" }, (e) => e.step("b", () => ({ s: "" })))
      .join("j", (branches, artifacts, context) => {
        expectTypeOf(branches).toExtend<Branches<{ s: string; row: number[] }>>();
        expectTypeOf(branches.length).toEqualTypeOf<number>();
        expectTypeOf(branches.at(-1)?.row).toEqualTypeOf<number[] | undefined>();
        expectTypeOf([...branches][0]?.s).toEqualTypeOf<string | undefined>();
        expectTypeOf(branches.pluck("s")).toEqualTypeOf<string[]>();
        expectTypeOf(artifacts.n).toEqualTypeOf<number>();
        expectTypeOf(artifacts).not.toHaveProperty("s");
        expectTypeOf(context).toEqualTypeOf<Context<{}>>();
        // @ts-expect-error no branch has it
        branches.pluck("nope");
      });
  });

  test("needs its join", () => {
    // @ts-expect-error a split has no steps
    lists.foreach("rows", { as: "row" }, (e) => e.step("b", nothing)).step("c", nothing);
    // @ts-expect-error a body does not end in a split
    lists.branch({ p: (b) => b.foreach("rows", { as: "row" }, (e) => e.step("b", nothing)) });
  });

  test("needs a body that returns its steps", () => {
    // @ts-expect-error it returns nothing
    lists.foreach("rows", { as: "row" }, (e) => void e.step("b", nothing));
  });
});

describe("branch", () => {
  test("gives its join the branches by name", () => {
    flow("F")
      .step("a", () => ({ n: 1 }))
      .branch({
        p: (b) => b.step("b", ({ n }) => ({ x: String(n) })),
        q: (b) => b.step("c", nothing),
      })
      .join("j", (branches, { n }) => {
        expectTypeOf(branches.p.x).toEqualTypeOf<string>();
        expectTypeOf(branches.q.n).toEqualTypeOf<number>();
        expectTypeOf(n).toEqualTypeOf<number>();
        expectTypeOf<keyof typeof branches>().toEqualTypeOf<"p" | "q">();
        // @ts-expect-error another branch has it
        void branches.q.x;
      });
  });
});

describe("switch", () => {
  const kinds = flow("F", {
    params: { kind: z.enum(["a", "b"]), yes: z.boolean(), text: z.string(), n: z.number() },
  });

  test("needs a case for every value", () => {
    kinds.switch("kind", { a: (s) => s, b: (s) => s });
    kinds.switch("yes", { true: (s) => s, false: (s) => s });
    // @ts-expect-error b is missing
    kinds.switch("kind", { a: (s) => s.step("x", nothing) });
    // @ts-expect-error false is missing
    kinds.switch("yes", { true: (s) => s.step("x", nothing) });
  });

  test("needs no more than some with otherwise", () => {
    kinds.switch("kind", { a: (s) => s.step("x", nothing) }, (s) => s);
    kinds.switch("yes", { true: (s) => s.step("x", nothing) }, (s) => s);
    kinds.switch("text", { a: (s) => s.step("x", nothing) }, (s) => s);
    // @ts-expect-error there is no end of texts
    kinds.switch("text", { a: (s) => s.step("x", nothing) });
  });

  test("has no case for what is no value", () => {
    // @ts-expect-error c is none
    kinds.switch("kind", { a: (s) => s, b: (s) => s, c: (s) => s });
    // @ts-expect-error c is none, with otherwise
    kinds.switch("kind", { c: (s) => s }, (s) => s);
  });

  test("looks at a text or a boolean", () => {
    // @ts-expect-error a number
    kinds.switch("n", { 1: (s: AnyFlow) => s }, (s) => s);
    // @ts-expect-error it is not there
    kinds.switch("nope", { a: (s: AnyFlow) => s }, (s) => s);
  });

  test("leaves what every case leaves, and what was there before", () => {
    const f = kinds.switch("kind", {
      a: (s) => s.step("x", () => ({ out: 1, same: "", only: 1 })),
      b: (s) => s.step("y", () => ({ out: "x", same: "" })),
    });
    expectTypeOf<ArtifactsOf<typeof f>["out"]>().toEqualTypeOf<string | number>();
    expectTypeOf<ArtifactsOf<typeof f>["same"]>().toEqualTypeOf<string>();
    expectTypeOf<ArtifactsOf<typeof f>["text"]>().toEqualTypeOf<string>();
    expectTypeOf<ArtifactsOf<typeof f>>().not.toHaveProperty("only");
  });

  test("with an empty case or otherwise leaves what was there before", () => {
    const f = kinds.switch("kind", { a: (s) => s.step("x", () => ({ out: 1, n: "x" })) }, (s) => s);
    expectTypeOf<ArtifactsOf<typeof f>["n"]>().toEqualTypeOf<string | number>();
    expectTypeOf<ArtifactsOf<typeof f>>().not.toHaveProperty("out");
  });

  test("stands in a foreach, and a foreach in a switch", () => {
    const f = flow("F")
      .step("a", () => ({ items: [{ kind: "p" as "p" | "q" }] }))
      .foreach("items", { as: "item" }, (each) =>
        each
          .step("look", ({ item }) => ({ kind: item.kind, parts: [1, 2] }))
          .switch("kind", {
            p: (s) =>
              s
                .foreach("parts", { as: "part" }, (e) => e.step("half", ({ part }) => ({ h: part / 2 })))
                .join("halves", (branches) => ({ out: branches.pluck("h") })),
            q: (s) => s.step("none", () => ({ out: [0] })),
          }),
      )
      .join("end", (branches) => ({ outs: branches.pluck("out") }));
    expectTypeOf<ArtifactsOf<typeof f>["outs"]>().toEqualTypeOf<number[][]>();
    expectTypeOf<StepsOf<typeof f>>().toEqualTypeOf<"a" | "look" | "half" | "halves" | "none" | "end">();
  });
});

describe("loop", () => {
  const begun = flow("F").step("a", () => ({ n: 1 }));

  test("leaves what its body leaves", () => {
    const f = begun.loop({ while: "more", max: 3 }, (l) => l.step("b", ({ n }) => ({ n: n + 1, more: n < 3 })));
    expectTypeOf<ArtifactsOf<typeof f>>().toEqualTypeOf<{ n: number; more: boolean }>();
  });

  test("looks at a boolean that its body leaves", () => {
    // @ts-expect-error more is a number
    begun.loop({ while: "more", max: 3 }, (l) => l.step("b", () => ({ more: 1 })));
    // @ts-expect-error the body leaves no artifact mor
    begun.loop({ while: "mor", max: 3 }, (l) => l.step("b", () => ({ more: true })));
    // @ts-expect-error it may be missing
    begun.loop({ while: "more", max: 3 }, (l) => l.step("b", { catch: true }, () => ({ more: true })));
  });

  test("needs a bound", () => {
    // @ts-expect-error max is missing
    begun.loop({ while: "more" }, (l) => l.step("b", () => ({ more: true })));
  });

  test("cannot change an artifact's type, since the next round begins with it", () => {
    // @ts-expect-error n was a number
    begun.loop({ while: "more", max: 3 }, (l) => l.step("b", () => ({ more: true, n: "x" })));
  });
});
