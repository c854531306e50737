// A switch goes the way that an artifact names. A case that is missing does not compile; one may be empty.
import { flow } from "millrace";
import { z } from "zod";

export default flow("Switch", {
  params: { format: z.enum(["csv", "json", "none"]).default("csv").describe("how to print the rows") },
})
  .step("start", () => ({
    rows: [
      ["a", 1],
      ["b", 2],
    ],
    text: "",
  }))
  .switch("format", {
    csv: (s) => s.step("asCsv", ({ rows }) => ({ text: rows.map((row) => row.join(",")).join("\n") })),
    json: (s) => s.step("asJson", ({ rows }) => ({ text: JSON.stringify(rows) })),
    none: (s) => s,
  })
  .step("end", ({ text, format }) => {
    console.log(text === "" ? `nothing to print as ${format}` : text);
  });
