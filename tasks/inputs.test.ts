import { describe, expect, test } from "vitest";
import { flow } from "../sdk/index.ts";
import { fakeLedger, scopeOf, widthOf } from "./fixtures.ts";
import { controlInputs, stepInputs, whole } from "./inputs.ts";

/** A manifest that can be told by its one artifact. */
const left = (name: string) => ({ manifest: { [name]: { inline: "AQ==", size: 1 } } });
const namesOf = (manifest: object) => Object.keys(manifest);

const wide = flow("Wide")
  .step("load", () => ({ rows: [1, 2, 3] }))
  .foreach("rows", { as: "row" }, (each) => each.step("fit", () => ({})).step("check", () => ({})))
  .join("merge", () => ({}));

describe("what a task begins with", () => {
  test("is what the run began with, where no task comes before", async () => {
    const { ledger, asked } = fakeLedger();
    const parameters = left("top").manifest;
    const [inputs] = await stepInputs(scopeOf(wide, ledger, parameters), "load", ["0"]);
    expect(inputs).toEqual({ base: parameters, items: {} });
    expect(inputs!.base).toBe(parameters);
    expect(asked).toEqual([]);
  });

  test("is what the task before left, and the children's own items: one read for all siblings", async () => {
    const { ledger, asked } = fakeLedger({ "load/0": left("rows") }, { "merge/0": widthOf(3) });
    const inputs = await stepInputs(scopeOf(wide, ledger), "fit", ["0", "2", "1"]);
    expect(inputs.map(({ base }) => namesOf(base))).toEqual([["rows"], ["rows"], ["rows"]]);
    expect(inputs.map(({ items }) => items["row"])).toEqual(
      [0, 2, 1].map((i) => ({ blob: `page-${i}`, size: 0, at: 0 })),
    );
    expect(asked).toEqual(["tasks load/0", "controls merge/0"]);
  });

  test("is what the child's own task before left", async () => {
    const { ledger, asked } = fakeLedger({ "fit/0": left("a"), "fit/1": left("b") });
    const inputs = await stepInputs(scopeOf(wide, ledger), "check", ["1", "0"]);
    expect(inputs.map(whole).map(namesOf)).toEqual([["b"], ["a"]]);
    expect(asked).toEqual(["tasks fit/1,fit/0"]);
  });

  test("includes what a failed task left whose failure is caught, and not what one left that is not", async () => {
    const caught = fakeLedger({ "fit/0": { ...left("failure"), status: "failed", caught: true } });
    expect((await stepInputs(scopeOf(wide, caught.ledger), "check", ["0"])).map(whole).map(namesOf)).toEqual([
      ["failure"],
    ]);
    for (const status of ["failed", "running", "stopped"] as const) {
      const { ledger } = fakeLedger({ "fit/0": { ...left("a"), status } });
      await expect(stepInputs(scopeOf(wide, ledger), "check", ["0"])).rejects.toThrow(
        "run 7: nothing that comes before index 0 has finished",
      );
    }
  });

  test("cannot be told of a step that the flow does not have", async () => {
    expect(() => stepInputs(scopeOf(wide, fakeLedger().ledger), "nosuch", ["0"])).toThrow("Wide has no step nosuch");
  });

  test("cannot be told where nobody wrote down the items", async () => {
    const { ledger } = fakeLedger({ "load/0": left("rows") });
    await expect(stepInputs(scopeOf(wide, ledger), "fit", ["0"])).rejects.toThrow("nobody wrote the items of merge/0");
  });
});

describe("around a switch", () => {
  const ways = flow("Ways")
    .step("choose", () => ({ way: "a" as "a" | "b" }))
    .switch("way", { a: (s) => s.step("went", () => ({})), b: (s) => s })
    .step("end", () => ({}));

  test("it is what the taken case left", async () => {
    const { ledger } = fakeLedger({ "choose/0": left("way"), "went/0": left("gone") });
    const [inputs] = await stepInputs(scopeOf(ways, ledger), "end", ["0"]);
    expect(namesOf(whole(inputs!))).toEqual(["gone"]);
  });

  test("it is what stood before, where the taken case is empty", async () => {
    const { ledger } = fakeLedger({ "choose/0": left("way") });
    const [inputs] = await stepInputs(scopeOf(ways, ledger), "end", ["0"]);
    expect(namesOf(whole(inputs!))).toEqual(["way"]);
  });
});

describe("in and after a loop", () => {
  const rounds = flow("Rounds")
    .step("start", () => ({ more: true }))
    .loop({ while: "more", max: 20 }, (body) => body.step("turn", () => ({ more: false })))
    .step("end", () => ({}));
  const held = { "start/0": left("started"), "turn/0": left("first"), "turn/1": left("second") };

  test("the first round begins with what stood before, the next with the round before", async () => {
    const { ledger, asked } = fakeLedger(held);
    const inputs = await stepInputs(scopeOf(rounds, ledger), "turn", ["0", "1", "2"]);
    expect(inputs.map(whole).map(namesOf)).toEqual([["started"], ["first"], ["second"]]);
    expect(asked).toEqual(["tasks turn/0,turn/1", "tasks start/0"]);
  });

  test("what comes after begins with the last round", async () => {
    const { ledger, asked } = fakeLedger(held);
    const [inputs] = await stepInputs(scopeOf(rounds, ledger), "end", ["0"]);
    expect(namesOf(whole(inputs!))).toEqual(["second"]);
    expect(asked).toEqual(['last turn under ""']);
  });
});

test("a switch that a body begins with is asked of the child's own item", async () => {
  const sorted = flow("Sorted")
    .step("load", () => ({ kinds: ["a", "b"] as ("a" | "b")[] }))
    .foreach("kinds", { as: "kind" }, (each) =>
      each.switch("kind", { a: (s) => s.step("first", () => ({})), b: (s) => s.step("second", () => ({})) }),
    )
    .join("merge", () => ({}));
  const { ledger } = fakeLedger({ "load/0": left("kinds") }, { "merge/0": widthOf(2) });
  const inputs = await controlInputs(scopeOf(sorted, ledger), "switch.1", "1");
  expect(whole(inputs)).toMatchObject({ kind: { blob: "page-1", at: 0 }, kinds: {} });
});
