/* oxlint-disable vitest/expect-expect -- where something must not compile, that is the assertion */
import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { flow } from "./flow.ts";
import type { AnyFlow, ArtifactsOf, Flow, ParametersOf, StepsOf } from "./language.ts";

const nothing = () => {};
const stepB = (part: Flow) => part.step("b", nothing);
const audit = (part: Flow<{ sum: number }>) => part.step("audit", ({ sum }) => ({ ok: sum > 0 }));

const stats = flow("Stats", {
  params: { top: z.number().default(5), kind: z.enum(["csv", "json"]) },
})
  .step("start", async ({ top }) => ({ movies: [{ genre: "a", gross: top }], genres: ["a", "b"] }))
  .foreach("genres", { as: "genre", concurrency: 10 }, (each) =>
    each.step("compute", { retry: 3, memory: "4GiB", compute: "batch" }, ({ genre, movies }) => ({
      median: movies.filter((movie) => movie.genre === genre).length,
    })),
  )
  .join("merge", (branches) => ({
    table: branches.map((b) => ({ genre: b.genre, median: b.median })),
    all: branches.pluck("median"),
  }))
  .branch({
    left: (b) => b.step("l1", ({ table }) => ({ x: table.length })).step("l2", ({ x }) => ({ y: x + 1 })),
    right: (b) => b.step("r1", () => ({ z: "s" })),
  })
  .join("join", ({ left, right }) => ({ sum: left.y, s: right.z }))
  .switch("kind", {
    csv: (s) => s.step("readCsv", ({ sum }) => ({ out: sum, onlyCsv: 1 })),
    json: (s) => s.step("readJson", () => ({ out: 3 })),
  })
  .loop({ while: "more", max: 100 }, (l) => l.step("train", ({ out }) => ({ out: out + 1, more: out < 10 })))
  .step("risky", { catch: true }, ({ out }) => ({ r: out }))
  .step("end", nothing);
type Stats = typeof stats;

describe("artifacts", () => {
  test("are what the steps before returned, and the parameters", () => {
    type End = ArtifactsOf<Stats, "end">;
    expectTypeOf<End["top"]>().toEqualTypeOf<number>();
    expectTypeOf<End["kind"]>().toEqualTypeOf<"csv" | "json">();
    expectTypeOf<End["movies"]>().toEqualTypeOf<{ genre: string; gross: number }[]>();
    expectTypeOf<End["table"]>().toEqualTypeOf<{ genre: string; median: number }[]>();
    expectTypeOf<End["all"]>().toEqualTypeOf<number[]>();
    expectTypeOf<End["s"]>().toEqualTypeOf<string>();
    expectTypeOf<End["out"]>().toEqualTypeOf<number>();
  });

  test("of a body are not seen after the join", () => {
    expectTypeOf<ArtifactsOf<Stats, "compute">["genre"]>().toEqualTypeOf<string>();
    expectTypeOf<ArtifactsOf<Stats, "l2">["y"]>().toEqualTypeOf<number>();
    expectTypeOf<ArtifactsOf<Stats, "end">>().not.toHaveProperty("genre");
    expectTypeOf<ArtifactsOf<Stats, "end">>().not.toHaveProperty("y");
  });

  test("without a step are those at the flow's end", () => {
    expectTypeOf<ArtifactsOf<Stats>>().toEqualTypeOf<ArtifactsOf<Stats, "end">>();
  });

  test("that are returned anew have the new type", () => {
    const f = flow("F")
      .step("a", () => ({ n: 1, m: 1 }))
      .step("b", ({ n }) => ({ n: String(n) }));
    expectTypeOf<ArtifactsOf<typeof f>>().toEqualTypeOf<{ n: string; m: number }>();
  });

  test("that only some returns give are optional", () => {
    const f = flow("F").step("a", () => (Math.random() > 0.5 ? { n: 1 } : undefined));
    expectTypeOf<ArtifactsOf<typeof f>>().toEqualTypeOf<{ n?: number }>();
    const g = flow("G").step("a", () => (Math.random() > 0.5 ? { n: 1, s: "" } : { n: "x" }));
    expectTypeOf<ArtifactsOf<typeof g>["n"]>().toEqualTypeOf<string | number>();
    expectTypeOf<ArtifactsOf<typeof g>["s"]>().toEqualTypeOf<string | undefined>();
  });

  test("that do not exist cannot be read", () => {
    // @ts-expect-error there is no artifact nope
    flow("F").step("a", ({ nope }) => ({ n: nope }));
    // @ts-expect-error there is no step nope
    expectTypeOf<ArtifactsOf<Stats, "nope">>();
  });

  test("come in an object: a list or a map is none", () => {
    // @ts-expect-error a list
    flow("F").step("a", () => [1]);
    // @ts-expect-error a map
    flow("F").step("a", () => new Map([["n", 1]]));
    // @ts-expect-error a number
    flow("F").step("a", async () => 1);
  });

  test("may be given by an interface", () => {
    interface Model {
      weights: number[];
    }
    const f = flow("F").step("a", (): Model => ({ weights: [] }));
    expectTypeOf<ArtifactsOf<typeof f>>().toEqualTypeOf<{ weights: number[] }>();
  });
});

describe("steps", () => {
  test("are known by name, those of bodies too", () => {
    type Names =
      | "start"
      | "compute"
      | "merge"
      | "l1"
      | "l2"
      | "r1"
      | "join"
      | "readCsv"
      | "readJson"
      | "train"
      | "risky";
    expectTypeOf<StepsOf<Stats>>().toEqualTypeOf<Names | "end">();
  });

  test("cannot be declared twice", () => {
    const once = flow("F").step("a", () => ({ list: [1] }));
    // @ts-expect-error in a row
    once.step("a", nothing);
    // @ts-expect-error in a body
    once.foreach("list", { as: "x" }, (e) => e.step("a", nothing));
    // @ts-expect-error in a body's body
    once.branch({ p: (q) => q.branch({ r: (s) => s.step("a", nothing) }).join("j", nothing) });
    const split = once.foreach("list", { as: "x" }, stepB);
    // @ts-expect-error as a join
    split.join("b", nothing);
    // @ts-expect-error after a body
    split.join("j", nothing).step("b", nothing);
    const branches = once.branch({ p: stepB, q: stepB });
    // @ts-expect-error in two branches
    branches.join("j", nothing);
    const cases = flow("G", { params: { yes: z.boolean() } }).switch("yes", {
      true: stepB,
      false: stepB,
    });
    // @ts-expect-error in two cases
    cases.step("c", nothing);
    expectTypeOf(cases.mistake).toEqualTypeOf<'step "b" is declared twice'>();
  });

  test("of one name may stand in two flows with one beginning", () => {
    const common = flow("F").step("a", nothing);
    expectTypeOf<StepsOf<ReturnType<typeof extend>>>().toEqualTypeOf<"a" | "b">();
    function extend() {
      common.step("b", nothing);
      return common.step("b", () => ({ n: 1 }));
    }
  });

  test("take known options only", () => {
    // @ts-expect-error there is no option memry
    flow("F").step("a", { retry: 3, memry: "1GiB" }, nothing);
    // @ts-expect-error there is no compute cloud
    flow("F").step("a", { compute: "cloud" }, nothing);
    // @ts-expect-error a flow has no option memory
    flow("F", { memory: "1GiB" });
    const listed = flow("F").step("a", () => ({ l: [1] }));
    // @ts-expect-error a foreach has no option limit
    listed.foreach("l", { as: "x", limit: 3 }, (e) => e.step("b", nothing));
    // @ts-expect-error an engine would not know whose results may be missing
    flow("F", { defaults: { catch: true } });
  });

  test("need a handler", () => {
    // @ts-expect-error there is none
    flow("F").step("a", { retry: 3 });
  });

  test("may be added in a loop, with names that are not known beforehand", () => {
    let built: AnyFlow = flow("F");
    for (let i = 0; i < 3; i++) built = built.step(`s${i}`, ({ n }) => ({ n: n + 1 }));
    expectTypeOf(built).toEqualTypeOf<AnyFlow>();
  });
});

describe("a step with catch", () => {
  test("leaves its results or a failure", () => {
    type End = ArtifactsOf<Stats, "end">;
    expectTypeOf<End["r"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<End["failure"]>().toEqualTypeOf<{ readonly name: string; readonly message: string } | undefined>();
  });

  test("that fails leaves what was there before", () => {
    const f = flow("F")
      .step("a", () => ({ n: 1 }))
      .step("b", { catch: true }, () => ({ n: "x" }));
    expectTypeOf<ArtifactsOf<typeof f>["n"]>().toEqualTypeOf<number | string>();
  });

  test("may be a join", () => {
    const f = flow("F")
      .branch({ p: (b) => b.step("a", nothing) })
      .join("j", { catch: true }, () => ({ n: 1 }));
    expectTypeOf<ArtifactsOf<typeof f>["n"]>().toEqualTypeOf<number | undefined>();
  });

  test("is only one if it says so", () => {
    const f = flow("F").step("a", { retry: 1, catch: false }, () => ({ n: 1 }));
    expectTypeOf<ArtifactsOf<typeof f>>().toEqualTypeOf<{ n: number }>();
  });
});

describe("parameters", () => {
  test("that a caller may leave out are those with a default", () => {
    expectTypeOf<ParametersOf<Stats>>().toEqualTypeOf<{
      kind: "csv" | "json";
      top?: number | undefined;
    }>();
  });

  test("are given as the validator takes them and read as it leaves them", () => {
    const f = flow("F", { params: { day: z.string().transform((text) => new Date(text)) } }).step("a", nothing);
    expectTypeOf<ParametersOf<typeof f>>().toEqualTypeOf<{ day: string }>();
    expectTypeOf<ArtifactsOf<typeof f>["day"]>().toEqualTypeOf<Date>();
  });

  test("are in the context, in bodies too", () => {
    flow("F", { params: { top: z.number() } })
      .step("a", (_, { parameters, index, run }) => {
        expectTypeOf(parameters.top).toEqualTypeOf<number>();
        expectTypeOf(index).toEqualTypeOf<readonly number[]>();
        expectTypeOf(run).toEqualTypeOf<number>();
        // @ts-expect-error there is no such parameter
        void parameters.nope;
      })
      .branch({ p: (b) => b.step("b", (_, { parameters }) => ({ twice: parameters.top * 2 })) })
      .join("j", (_branches, _artifacts, { parameters }) => {
        expectTypeOf(parameters.top).toEqualTypeOf<number>();
      });
  });

  test("need a validator", () => {
    // @ts-expect-error a text validates nothing
    flow("F", { params: { top: "number" } });
  });
});

describe("a part of flows", () => {
  const summed = flow("F", { params: { top: z.number() } }).step("a", () => ({
    sum: 1,
    list: [1],
    more: true,
  }));

  test("is a function, shared by every flow that has the artifacts it needs", () => {
    const f = summed.foreach("list", { as: "x" }, audit).join("j", (branches) => ({ oks: branches.pluck("ok") }));
    expectTypeOf<ArtifactsOf<typeof f>["oks"]>().toEqualTypeOf<boolean[]>();
    expectTypeOf<StepsOf<typeof f>>().toEqualTypeOf<"a" | "audit" | "j">();
    const g = summed.loop({ while: "ok", max: 3 }, audit);
    expectTypeOf<ArtifactsOf<typeof g>["list"]>().toEqualTypeOf<number[]>();
    const h = summed.switch("more", { true: audit, false: (s) => s });
    expectTypeOf<ArtifactsOf<typeof h>["list"]>().toEqualTypeOf<number[]>();
  });

  test("does not fit a flow that lacks one of them", () => {
    const bare = flow("F").step("a", () => ({ list: [1] }));
    // @ts-expect-error there is no sum
    bare.foreach("list", { as: "x" }, audit);
  });
});
