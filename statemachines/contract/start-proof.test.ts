import { expect, test } from "vitest";
import { interpret } from "../../engine/asl/interpreter.ts";
import { arrayIndexOf, startProof, startProofExpression } from "./start-proof.ts";

const SECRET = "Zm9yIHRlc3RzIGFsb25l-_x";

async function asTheMachineMakesIt(expression: string, p: string): Promise<unknown> {
  const machine = {
    StartAt: "It",
    States: { It: { Type: "Pass" as const, Parameters: { "it.$": expression }, End: true as const } },
  };
  const ended = await interpret(machine, { secret: SECRET, at: { p } }, { integrations: async () => null });
  return ended.status === "SUCCEEDED" ? (ended.output as { readonly it: string }).it : ended;
}

test.each([
  ["a task in no foreach", { constant: "0" }, "0", false, "0"],
  ["a child", { path: "$.at.p" }, "3", false, "3"],
  ["an only child", { path: "States.Format('{}.0', $.at.p)" }, "3", false, "3.0"],
  ["an array in no foreach", { constant: "0" }, "0", true, "*"],
  ["an array in a foreach", { path: "$.at.p" }, "3.1", true, "3.1.*"],
] as const)("the machine and the API make the same proof of %s", async (_, index, p, isArray, expected) => {
  const made = await asTheMachineMakesIt(startProofExpression("fit-1_b", index, isArray), p);
  expect(made).toBe(startProof(SECRET, "fit-1_b", expected));
});

test.each([
  ["4", "*"],
  ["3.4", "3.*"],
  ["3.1.0", "3.1.*"],
])("a child at %s shows its array's proof, that of %s", (index, expected) => {
  expect(arrayIndexOf(index)).toBe(expected);
});

test("no two tasks have one proof, nor does a task have an array's", () => {
  const tasks = [
    ["fit", "0"],
    ["fit", "1"],
    ["fit", "0.1"],
    ["fit", "1.0"],
    ["fit", "*"],
    ["fit", "0.*"],
    ["fit-0", "1"],
    ["f", "1"],
  ] as const;
  expect(new Set(tasks.map(([step, index]) => startProof(SECRET, step, index))).size).toBe(tasks.length);
  expect(startProof("another", "fit", "0")).not.toBe(startProof(SECRET, "fit", "0"));
});
