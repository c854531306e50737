import { flow } from "millrace";

/** Flows that go every way that a plan has to foresee. Their lists are new in each run, so that they have to be stored. */

const list = (length: number) => Array.from({ length }, () => Math.random());

export const Ways = flow("Ways")
  .step("start", () => ({
    list: list(4),
    rows: list(2),
    cells: list(2),
    kind: "even" as "even" | "odd",
    more: true,
    round: 0,
  }))
  .foreach("list", { as: "item" }, (each) => each.step("work", ({ item }) => ({ twice: 2 * item })))
  .join("gather", (branches) => ({ twices: branches.pluck("twice") }))
  .switch("kind", { even: (s) => s.step("even", () => ({})), odd: (s) => s })
  .loop({ while: "more", max: 5 }, (body) => body.step("turn", ({ round }) => ({ round: round + 1, more: round < 1 })))
  .branch({
    left: (b) => b.step("left", () => ({})),
    right: (b) =>
      b
        .foreach("rows", { as: "row" }, (eachRow) =>
          eachRow
            .foreach("cells", { as: "cell" }, (each) => each.step("cell", ({ row, cell }) => ({ product: row * cell })))
            .join("sumRow", (products) => ({ sum: products.pluck("product").length })),
        )
        .join("sumRows", (sums) => ({ sums: sums.pluck("sum").length })),
  })
  .join("both", () => ({}))
  .step("end", () => ({}));

export const Quick = flow("Quick")
  .step("start", { compute: "lambda" }, () => ({
    kinds: Array.from({ length: 45 }, (_, i) => (i % 3 ? "a" : "b") as "a" | "b"),
  }))
  .foreach("kinds", { as: "kind" }, (each) =>
    each.switch("kind", {
      a: (s) => s.step("inA", { compute: "lambda" }, () => ({})),
      b: (s) => s.step("inB1", { compute: "lambda" }, () => ({})).step("inB2", { compute: "lambda" }, () => ({})),
    }),
  )
  .join("end", { compute: "lambda" }, (branches) => ({ length: branches.length }));
