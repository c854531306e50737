import { expect, test } from "vitest";
import { interpret } from "../interpreter.ts";

test.each([
  [
    { Error: "E", Cause: "c" },
    { error: "E", cause: "c" },
  ],
  [{}, { error: "", cause: "" }],
  [
    { ErrorPath: "$.e", CausePath: "$.c" },
    { error: "InputError", cause: "from the input" },
  ],
  [
    { Error: "E", CausePath: "States.Format('{} failed', $.e)" },
    { error: "E", cause: "InputError failed" },
  ],
  [{ ErrorPath: "$.missing" }, { error: "States.Runtime" }],
  [{ ErrorPath: "$.n" }, { error: "States.Runtime" }],
])("a Fail state with %j ends the execution with %j", async (fields, expected) => {
  const input = { e: "InputError", c: "from the input", n: 1 };
  const result = await interpret({ StartAt: "Fail", States: { Fail: { Type: "Fail", ...fields } } }, input, {
    integrations: async () => null,
  });
  expect(result).toMatchObject({ status: "FAILED", ...expected });
});
