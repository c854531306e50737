import { describe, expect, test } from "vitest";
import { flow } from "../sdk/index.ts";
import { answerControl, recordFailure } from "./bookkeeping.ts";
import { fakeLedger, memoryBlobs, scopeOf, widthOf } from "./fixtures.ts";

const { blobs, pack, unpack } = memoryBlobs();

const wide = flow("Wide")
  .step("load", () => ({ rows: [1], way: "a" as "a" | "b" }))
  .foreach("rows", { as: "row" }, (each) => each.step("fit", { catch: true }, () => ({})))
  .join("merge", () => ({}))
  .step("risky", { catch: true }, () => ({}))
  .switch("way", { a: (s) => s, b: (s) => s })
  .step("end", () => ({}));

const loaded = { manifest: pack({ rows: [1, 2, 3], way: "b" }) };
const error = { name: "States.TaskFailed", message: "Host EC2 terminated" };

test("a control value that is asked is answered, and written down for those who come after", async () => {
  const { ledger, values } = fakeLedger({ "risky/0": { manifest: pack({ way: "b" }) } });
  const control = await answerControl(scopeOf(wide, ledger), blobs, { node: "switch.1", index: "0" });
  expect(control.value).toEqual({ type: "switch", case: "b" });
  expect(values.get("switch.1/0")).toEqual(control.value);
});

describe("a failure that is recorded", () => {
  test("of one task is what the flow goes on with, and comes with the values that the machine asks next", async () => {
    const { ledger, ended } = fakeLedger({ "merge/0": loaded, "risky/0": { status: "running" } });
    await recordFailure(scopeOf(wide, ledger), blobs, { step: "risky", index: "0", error, at: 9 });
    expect(ended).toMatchObject([
      { step: "risky", index: "0", attempt: 2, at: 9, status: "failed", caught: true, error },
    ]);
    expect(unpack(ended[0]!.manifest!)).toEqual({ rows: [1, 2, 3], way: "b", failure: error });
    expect(ended[0]!.controls).toEqual([{ node: "switch.1", index: "0", value: { type: "switch", case: "b" } }]);
  });

  test("is what the task itself said, where it did", async () => {
    const own = { name: "RangeError", message: "no model", stack: "at fit" };
    const log = { stream: "a", from: 0, to: 9 };
    const { ledger, ended } = fakeLedger({ "merge/0": loaded, "risky/0": { status: "failed", error: own, log } });
    await recordFailure(scopeOf(wide, ledger), blobs, { step: "risky", index: "0", error, at: 9 });
    expect(ended).toMatchObject([{ error: own, log }]);
    expect(unpack(ended[0]!.manifest!)["failure"]).toEqual({ name: "RangeError", message: "no model" });
  });

  test("of an array's children leaves alone those that have finished or were caught", async () => {
    const { ledger, asked, ended } = fakeLedger(
      {
        "load/0": loaded,
        "fit/4": { status: "succeeded" },
        "fit/5": { status: "failed", caught: true },
        "fit/6": { status: "failed", error: { name: "E", message: "own" } },
      },
      { "merge/0": widthOf(10) },
    );
    await recordFailure(scopeOf(wide, ledger), blobs, { step: "fit", index: "0", width: 4, offset: 4, error, at: 9 });
    expect(ended.map(({ index, error }) => [index, error!.name])).toEqual([
      ["6", "E"],
      ["7", "States.TaskFailed"],
    ]);
    expect(asked).toContain("start fit/6,fit/7");
  });

  test("where all have finished begins nothing", async () => {
    const { ledger, asked, ended } = fakeLedger({ "risky/0": { status: "succeeded" } });
    await recordFailure(scopeOf(wide, ledger), blobs, { step: "risky", index: "0", error, at: 9 });
    expect([asked, ended]).toEqual([["tasks risky/0"], []]);
  });
});

test("the ledger names only what is stored already", async () => {
  const order: string[] = [];
  const slow = { ...blobs, written: async () => void order.push("stored") };
  const fake = fakeLedger({ "merge/0": loaded, "risky/0": { status: "running" } });
  const ledger = new Proxy(fake.ledger, {
    get(target, name: keyof typeof fake.ledger) {
      if (name === "finishAttempts" || name === "writeControls") order.push(name);
      return target[name];
    },
  });
  await recordFailure(scopeOf(wide, ledger), slow, { step: "risky", index: "0", error, at: 9 });
  expect(order).toEqual(["stored", "finishAttempts"]);
});
