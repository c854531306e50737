import { expect, test } from "vitest";
import { flow } from "../sdk/index.ts";
import { branchEnds, foreachEnds, foreachWidth } from "./branches.ts";
import { fakeLedger, scopeOf, widthOf } from "./fixtures.ts";

const left = (name: string) => ({ manifest: { [name]: { inline: "AQ==", size: 1 } } });

const wide = flow("Wide")
  .step("load", () => ({ rows: [1] }))
  .foreach("rows", { as: "row" }, (each) => each.step("fit", () => ({})))
  .join("merge", () => ({}));

async function pagesOf(width: number, from = 0) {
  const held = Object.fromEntries(Array.from({ length: width }, (_, i) => [`fit/${i}`, left(`of ${i}`)]));
  const { ledger, asked } = fakeLedger(held);
  const pages: string[][] = [];
  for await (const page of foreachEnds(scopeOf(wide, ledger), { join: "merge", index: "0" }, { from, to: width }))
    pages.push(page.map((manifest) => Object.keys(manifest)[0]!));
  return { pages, reads: asked.length };
}

test("the branches of a foreach come in their order, from the one asked for on", async () => {
  expect((await pagesOf(4, 2)).pages).toEqual([["of 2", "of 3"]]);
  expect((await pagesOf(12)).pages.flat().slice(9)).toEqual(["of 9", "of 10", "of 11"]);
});

test("many branches are read a page at a time", async () => {
  const { pages, reads } = await pagesOf(450);
  expect(pages.map(({ length }) => length)).toEqual([200, 200, 50]);
  expect(reads).toBe(3);
});

test("a foreach over nothing has no branches", async () => {
  expect((await pagesOf(0)).pages).toEqual([]);
});

test("how many branches there are is what the task before wrote down", async () => {
  const { ledger } = fakeLedger({}, { "merge/0": widthOf(5) });
  expect(await foreachWidth(scopeOf(wide, ledger), "merge", "0")).toBe(5);
  await expect(foreachWidth(scopeOf(wide, fakeLedger().ledger), "merge", "0")).rejects.toThrow(
    "run 7: nobody wrote the width of merge/0",
  );
});

test("branches by name come in the order of the text", async () => {
  const named = flow("Named")
    .step("start", () => ({}))
    .branch({ b: (s) => s.step("one", () => ({})), a: (s) => s.step("two", () => ({})) })
    .join("both", () => ({}));
  const { ledger } = fakeLedger({ "one/0": left("ofOne"), "two/0": left("ofTwo") });
  const { names, manifests } = await branchEnds(scopeOf(named, ledger), "both", "0");
  expect([names, manifests.map((manifest) => Object.keys(manifest))]).toEqual([
    ["b", "a"],
    [["ofOne"], ["ofTwo"]],
  ]);
});
