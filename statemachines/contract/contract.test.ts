import { expect, test } from "vitest";
import { arrayChildIndex, machineInput } from "./contract.ts";
import { parseRunName, runName } from "../../graph/run-name.ts";

test("a machine is started with its run, the flow's beginning for a place, and the step to enter at", () => {
  expect(machineInput({ flow: "Stats", run: 42 }, "s3cret")).toEqual({
    run: "Stats/42",
    at: { p: "0" },
    enter: "",
    secret: "s3cret",
  });
  expect(machineInput({ flow: "Stats", run: 42 }, "s3cret", "merge")).toMatchObject({ enter: "merge" });
});

test("a run is told from its name", () => {
  expect(parseRunName(runName({ flow: "my-Flow_2", run: 7 }))).toEqual({
    flow: "my-Flow_2",
    run: 7,
  });
});

test.each([
  ["0", 0, 3, "3"],
  ["0", 1, 3, "0.3"],
  ["2.1", 2, 0, "2.1.0"],
])("a child of the array at %s, %i deep, at position %i is %s", (index, depth, position, expected) => {
  expect(arrayChildIndex(index, depth, position)).toBe(expected);
});
