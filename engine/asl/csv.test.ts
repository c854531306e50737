import { expect, test } from "vitest";
import { parseCsv } from "./csv.ts";

test.each([
  ["quoted fields with delimiters, quotes and line ends", 'a,b\r\n"x,""y""\n",2\r\n', {}, [{ a: 'x,"y"\n', b: "2" }]],
  [
    "short rows and empty lines",
    "a,b\n1\n\n,2",
    {},
    [
      { a: "1", b: "" },
      { a: "", b: "2" },
    ],
  ],
  ["another delimiter", "a|b\n1|2,3", { CSVDelimiter: "PIPE" as const }, [{ a: "1", b: "2,3" }]],
  ["headers given apart", "1,2", { CSVHeaderLocation: "GIVEN" as const, CSVHeaders: ["x", "y"] }, [{ x: "1", y: "2" }]],
  ["a byte order mark", "\uFEFFa\n1", {}, [{ a: "1" }]],
  ["nothing", "", {}, []],
])("CSV with %s", (_, text, config, expected) => {
  expect(parseCsv(text, config)).toEqual(expected);
});
