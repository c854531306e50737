import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { flow } from "./authoring.ts";
import { callStep, testFlow } from "./testing.ts";

const stats = flow("Stats", { params: { top: z.number().default(2), factor: z.number() } })
  .step("start", ({ factor }) => ({ numbers: [1, 2, 3].map((n) => n * factor) }))
  .foreach("numbers", { as: "n" }, (each) => each.step("square", ({ n }) => ({ squared: n * n })))
  .join("merge", (branches, { top }) => ({
    best: branches
      .pluck("squared")
      .toSorted((a, b) => b - a)
      .slice(0, top),
  }))
  .step("end", ({ best }) => ({ sum: best.reduce((a, b) => a + b, 0) }));

describe("testing a flow", () => {
  test("a whole flow runs in this process, and every task's artifacts come back, typed", async () => {
    const result = await testFlow(stats, { factor: 10 });
    expect(result.status).toBe("succeeded");
    expect(result.artifacts("end").sum).toBe(900 + 400);
    expect(result.artifacts("square", 1)).toMatchObject({ n: 20, squared: 400 });
    expect(result.tasks("square").map(({ index, artifacts }) => [index, artifacts.squared])).toEqual([
      ["0", 100],
      ["1", 400],
      ["2", 900],
    ]);
    expectTypeOf(result.artifacts("end").best).toEqualTypeOf<number[]>();
  });

  test("a step that ran more than once wants to be told which", async () => {
    const result = await testFlow(stats, { factor: 1 });
    expect(() => result.artifacts("square")).toThrow(/ran 3 times/);
  });

  test("parameters are checked as in any run", async () => {
    await expect(testFlow(stats, { factor: "no" as unknown as number })).rejects.toMatchObject({
      code: "parameter.invalid",
      where: { parameter: "factor" },
    });
  });

  test("a failing step fails the run, and what it would have left says why it is not there", async () => {
    const failing = flow("Failing")
      .step("a", () => ({ x: 1 }))
      .step("b", (): { y: number } => {
        throw new RangeError("too far");
      });
    const result = await testFlow(failing);
    expect(result).toMatchObject({ status: "failed", error: { name: "RangeError", step: "b" } });
    expect(result.artifacts("a").x).toBe(1);
    expect(() => result.artifacts("b")).toThrow(/RangeError: too far/);
  });

  test("retries, catch, branches, switches and loops behave as they will", async () => {
    let calls = 0;
    const shapes = flow("Shapes")
      .step("flaky", { retry: 2 }, () => {
        if (++calls < 3) throw new Error("not yet");
        return { kind: "b" as "a" | "b", n: 0 };
      })
      .switch("kind", { a: (s) => s.step("inA", () => ({ way: "a" })), b: (s) => s.step("inB", () => ({ way: "b" })) })
      .loop({ while: "more", max: 10 }, (l) => l.step("count", ({ n }) => ({ n: n + 1, more: n < 4 })))
      .branch({ left: (b) => b.step("l", ({ n }) => ({ l: n })), right: (b) => b.step("r", ({ way }) => ({ r: way })) })
      .join("both", ({ left, right }) => ({ both: [left.l, right.r] }))
      .step("risky", { catch: true }, (): { never: number } => {
        throw new Error("boom");
      })
      .step("end", ({ failure, never }) => ({ told: failure?.message, never }));
    const result = await testFlow(shapes);
    expect(result.status).toBe("succeeded");
    expect(result.tasks("flaky")[0]!.attempts).toBe(3);
    expect(result.artifacts("both").both).toEqual([5, "b"]);
    expect(result.artifacts("end")).toMatchObject({ told: "boom", never: undefined });
    expect(result.tasks("inA")).toEqual([]);
  });

  test("a caught failure is gone from view once a later step that may fail has succeeded", async () => {
    const twice = flow("Twice")
      .step("bad", { catch: true }, () => {
        throw new Error("first");
      })
      .step("good", { catch: true }, () => ({ ok: true }))
      .step("end", ({ failure }) => ({ seen: failure === undefined }));
    expect((await testFlow(twice)).artifacts("end").seen).toBe(true);
  });

  test("what a handler changes in place, no other sees", async () => {
    const shared = flow("Shared")
      .step("start", () => ({ list: [1, 2], ids: [0, 1] }))
      .foreach("ids", { as: "id" }, (each) => each.step("push", ({ list, id }) => ({ length: list.push(id) })))
      .join("end", (branches, { list }) => ({ lengths: branches.pluck("length"), list }));
    expect((await testFlow(shared)).artifacts("end")).toMatchObject({ lengths: [3, 3], list: [1, 2] });
  });

  test("the context says where a task stands", async () => {
    const nested = flow("Nested")
      .step("start", () => ({ rows: [[1, 2], [3]] }))
      .foreach("rows", { as: "row" }, (r) =>
        r
          .foreach("row", { as: "cell" }, (c) =>
            c.step("leaf", (_, { task, index, attempt, flow: name, run, step, tags }) => ({
              at: { task, index, attempt, name, run, step, tags },
            })),
          )
          .join("inner", (cells) => ({ tasks: cells.map((cell) => cell.at.task) })),
      )
      .join("outer", (rows) => ({ tasks: rows.pluck("tasks").flat() }));
    const result = await testFlow(nested, {}, { tags: ["x"] });
    expect(result.artifacts("outer").tasks).toEqual(["Nested/1/leaf/0.0", "Nested/1/leaf/0.1", "Nested/1/leaf/1.0"]);
    expect(result.artifacts("leaf", "1.0").at).toEqual({
      task: "Nested/1/leaf/1.0",
      index: [1, 0],
      attempt: 1,
      name: "Nested",
      run: 1,
      step: "leaf",
      tags: ["x"],
    });
  });

  test("steps whose compute is lambda or batch run here all the same", async () => {
    const mixed = flow("Mixed")
      .step("quick", { compute: "lambda", memory: "512MiB" }, () => ({ list: [1, 2] }))
      .foreach("list", { as: "x" }, (each) => each.step("tiny", { compute: "lambda", retry: 1 }, ({ x }) => ({ y: x })))
      .join("heavy", { compute: "batch", cpu: 2, memory: "4GiB" }, (branches) => ({
        sum: branches.pluck("y").reduce((a, b) => a + b, 0),
        go: true as boolean,
      }))
      .switch("go", { true: (s) => s.step("went", { compute: "lambda" }, () => {}), false: (s) => s });
    const result = await testFlow(mixed);
    expect(result).toMatchObject({ status: "succeeded" });
    expect(result.tasks("went")).toHaveLength(1);
  });

  test("a lambda step is tried as often as it says, and caught after that", async () => {
    let calls = 0;
    const failing = flow("Failing").step(
      "never",
      { compute: "lambda", retry: { attempts: 2, backoff: "1s", rate: 1 } },
      (_, { attempt }) => {
        calls = attempt;
        throw new Error(`attempt ${attempt}`);
      },
    );
    expect(await testFlow(failing)).toMatchObject({ status: "failed", error: { message: "attempt 3" } });
    expect(calls).toBe(3);
    const caught = flow("Caught").step("never", { compute: "lambda", catch: true }, () => {
      throw new Error("no");
    });
    expect((await testFlow(caught)).artifacts("never").failure).toEqual({ name: "Error", message: "no" });
  });

  test("one step's handler can be called by itself", async () => {
    expect(await callStep(stats, "square", { n: 7 })).toEqual({ squared: 49 });
    const branches = [{ squared: 1 }, { squared: 9 }];
    expect(
      await callStep(
        stats,
        "merge",
        Object.assign(branches, { pluck: (name: "squared") => branches.map((b) => b[name]) }),
        { top: 1 },
      ),
    ).toEqual({ best: [9] });
  });
});
