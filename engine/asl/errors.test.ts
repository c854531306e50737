import { expect, test } from "vitest";
import { errorMatches } from "./errors.ts";

test.each([
  ["States.ALL", "MyError", true],
  ["States.ALL", "States.Timeout", true],
  ["States.ALL", "States.IntrinsicFailure", true],
  ["States.ALL", "States.DataLimitExceeded", true],
  ["States.ALL", "States.Runtime", false],
  ["States.TaskFailed", "MyError", true],
  ["States.TaskFailed", "States.Timeout", false],
  ["States.TaskFailed", "States.HeartbeatTimeout", false],
  ["States.TaskFailed", "States.DataLimitExceeded", false],
  ["States.TaskFailed", "States.Runtime", false],
  ["States.Timeout", "States.Timeout", true],
  ["States.Timeout", "States.HeartbeatTimeout", true],
  ["States.HeartbeatTimeout", "States.Timeout", false],
  ["States.DataLimitExceeded", "States.DataLimitExceeded", true],
  ["States.Runtime", "States.Runtime", false],
  ["MyError", "MyError", true],
  ["MyError", "myerror", false],
  ["My", "MyError", false],
])("ErrorEquals %s for the error %s: %s", (name, error, expected) => {
  expect(errorMatches([name], error)).toBe(expected);
});

test("an error is covered by any name of the list, or by its alias", () => {
  expect(errorMatches(["A", "B"], "B")).toBe(true);
  expect(errorMatches(["States.BranchFailed"], "B", undefined, "States.BranchFailed")).toBe(true);
});
