import { expect, test } from "vitest";
import { OutputLines } from "./output-lines.ts";

/** The lines of what is printed in these pieces. */
function linesOf(...pieces: readonly (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const output = new OutputLines((line) => lines.push(line));
  for (const piece of pieces) output.write(Buffer.from(piece));
  output.end();
  return lines;
}

const letter = Buffer.from("ž");

test.each<[string, readonly (string | Buffer)[], string[]]>([
  ["in one piece", ["one\ntwo\n"], ["one", "two"]],
  ["that end in the middle of a piece", ["one\ntw", "o\n"], ["one", "two"]],
  ["without an end", ["one\ntwo"], ["one", "two"]],
  ["that are empty", ["\n\none\n"], ["", "", "one"]],
  ["as Windows ends them", ["one\r\ntwo\r", "\nthree\r"], ["one", "two", "three"]],
  ["whose letters are cut in two", [letter.subarray(0, 1), letter.subarray(1), "\n"], ["ž"]],
  ["of nothing", [], []],
])("lines %s are told whole", (_, pieces, lines) => {
  expect(linesOf(...pieces)).toEqual(lines);
});

test("what comes after an end begins a line", () => {
  const lines: string[] = [];
  const output = new OutputLines((line) => lines.push(line));
  output.write(Buffer.from("half"));
  output.end();
  output.write(Buffer.from("next\n"));
  expect(lines).toEqual(["half", "next"]);
});
