import { expect, test } from "vitest";
import { flow } from "../sdk/index.ts";
import { fakeLedger, scopeOf, widthOf } from "./fixtures.ts";
import { startTasks } from "./start.ts";

const left = (name: string) => ({ manifest: { [name]: { inline: "AQ==", size: 1 } } });

const wide = flow("Wide")
  .step("load", () => ({ rows: [1] }))
  .foreach("rows", { as: "row" }, (each) => each.step("fit", () => ({})))
  .join("merge", () => ({}));

const start = (index: string) => ({ index, by: "pid 1", at: 5 });

test("siblings are begun together, each with what it begins with", async () => {
  const { ledger, asked } = fakeLedger({ "load/0": left("rows") }, { "merge/0": widthOf(3) });
  const started = await startTasks(scopeOf(wide, ledger), "fit", ["0", "1", "2"].map(start));
  expect(started).toMatchObject([0, 1, 2].map((i) => ({ state: "started", index: String(i), attempt: 1 })));
  expect(started.map((one) => one.state === "started" && one.inputs.items["row"])).toMatchObject(
    [0, 1, 2].map((i) => ({ blob: `page-${i}` })),
  );
  expect(asked).toEqual(["start fit/0,fit/1,fit/2", "tasks load/0", "controls merge/0"]);
});

test("one that has finished before is not begun again, and those beside it get their own inputs", async () => {
  const { ledger } = fakeLedger({ "load/0": left("rows"), "fit/1": left("fitted") }, { "merge/0": widthOf(3) });
  const started = await startTasks(scopeOf(wide, ledger), "fit", ["0", "1", "2"].map(start));
  expect(started[1]).toEqual({ state: "done", index: "1" });
  expect(started[2]).toMatchObject({ state: "started", index: "2", inputs: { items: { row: { blob: "page-2" } } } });
});

test("a task that failed before is begun as its next attempt", async () => {
  const { ledger } = fakeLedger({ "load/0": { status: "failed", attempt: 2 } });
  expect(await startTasks(scopeOf(wide, ledger), "load", [start("0")])).toMatchObject([{ attempt: 3 }]);
});

test("a join gets every branch's artifacts, however many, beside those from before the split", async () => {
  const fits = Object.fromEntries(Array.from({ length: 450 }, (_, i) => [`fit/${i}`, left(`of ${i}`)]));
  const { ledger } = fakeLedger({ "load/0": left("rows"), ...fits }, { "merge/0": widthOf(450) });
  const [join] = await startTasks(scopeOf(wide, ledger), "merge", [start("0")]);
  if (join?.state !== "started" || join.branches?.type !== "foreach") throw new Error("no foreach was joined");
  expect(Object.keys(join.inputs.base)).toEqual(["rows"]);
  expect(join.branches.manifests.map((manifest) => Object.keys(manifest)[0])).toEqual(
    Array.from({ length: 450 }, (_, i) => `of ${i}`),
  );
});

test("a join of named branches gets them by their names", async () => {
  const named = flow("Named")
    .step("start", () => ({}))
    .branch({ a: (s) => s.step("one", () => ({})), b: (s) => s.step("two", () => ({})) })
    .join("both", () => ({}));
  const { ledger } = fakeLedger({ "start/0": left("base"), "one/0": left("ofOne"), "two/0": left("ofTwo") });
  const [join] = await startTasks(scopeOf(named, ledger), "both", [start("0")]);
  expect(join).toMatchObject({
    branches: { type: "branch", names: ["a", "b"], manifests: [{ ofOne: {} }, { ofTwo: {} }] },
  });
});
