// A foreach inside a foreach: every combination of two lists, joined level by level.
import { flow } from "millrace";

export default flow("NestedForeach")
  .step("start", () => ({ sizes: [10, 100, 1000], bases: [2, 10] }))
  .foreach("sizes", { as: "size" }, (eachSize) =>
    eachSize
      .foreach("bases", { as: "base" }, (eachBase) =>
        eachBase.step("measure", ({ size, base }) => ({ digits: (size - 1).toString(base).length })),
      )
      .join("collect", (bases, { size }) => ({
        row: { size, digits: bases.map(({ base, digits }) => ({ base, digits })) },
      })),
  )
  .join("end", (sizes) => {
    const rows = sizes.pluck("row");
    for (const { size, digits } of rows)
      console.log(size, digits.map(({ base, digits }) => `base ${base}: ${digits}`).join(", "));
    return { rows };
  });
