import { flow } from "millrace";

const wide = (width: number) =>
  flow(`Wide${width}`)
    .step("start", () => ({ numbers: Array.from({ length: width }, (_, i) => i) }))
    .foreach("numbers", { as: "n" }, (each) => each.step("square", ({ n }) => ({ squared: n * n })))
    .join("end", (branches) => ({ sum: branches.pluck("squared").reduce((a, b) => a + b, 0) }));

export const wide400 = wide(400);
export const wide2000 = wide(2_000);
export const wide10000 = wide(10_000);

const hundred = Array.from({ length: 100 }, (_, i) => i);

export const nested = flow("Nested")
  .step("start", () => ({ rows: hundred, columns: hundred }))
  .foreach("rows", { as: "row" }, (eachRow) =>
    eachRow
      .foreach("columns", { as: "column" }, (each) =>
        each.step("cell", ({ row, column }) => ({ product: row * column })),
      )
      .join("sumRow", (cells) => ({ sum: cells.pluck("product").reduce((a, b) => a + b, 0) })),
  )
  .join("end", (rows) => ({ sum: rows.pluck("sum").reduce((a, b) => a + b, 0) }));
