import { expect, test } from "vitest";
import { errorOfCause } from "./cause.ts";

test.each<[what: string, error: string, cause: object, told: { readonly name: string; readonly message: string }]>([
  [
    "what a handler threw, without its trace",
    "TypeError",
    { errorType: "TypeError", errorMessage: "no good", trace: ["TypeError: no good", "    at /var/task/flow.mjs:1:1"] },
    { name: "TypeError", message: "no good" },
  ],
  [
    "that it took too long",
    "Sandbox.Timedout",
    { errorType: "Sandbox.Timedout", errorMessage: "RequestId: 1-2 Error: Task timed out after 900.00 seconds" },
    { name: "Timeout", message: "the function ended: Task timed out after 900.00 seconds" },
  ],
  [
    "the same in the service's older words",
    "Lambda.Unknown",
    { errorMessage: "2026-01-01T00:00:00.000Z 1-2 Task timed out after 3.00 seconds" },
    { name: "Timeout", message: "the function ended: Task timed out after 3.00 seconds" },
  ],
  [
    "that it ran out of memory",
    "Runtime.ExitError",
    { errorType: "Runtime.ExitError", errorMessage: "RequestId: 1-2 Error: Runtime exited with error: signal: killed" },
    { name: "OutOfMemory", message: "the function ran out of memory\nAsk for more in the step's memory." },
  ],
  [
    "that its process ended",
    "Runtime.ExitError",
    { errorType: "Runtime.ExitError", errorMessage: "RequestId: 1-2 Error: Runtime exited with error: exit status 3" },
    { name: "Runtime.ExitError", message: "Runtime exited with error: exit status 3" },
  ],
])("of a function's failure is told %s", async (_, error, cause, told) => {
  expect(await errorOfCause(error, JSON.stringify(cause))).toEqual(told);
});

test("a failure that is no function's is told as it is", async () => {
  expect(await errorOfCause("Stop", "because")).toEqual({ name: "Stop", message: "because" });
  expect(await errorOfCause("Stop", '{"a":1}')).toEqual({ name: "Stop", message: '{"a":1}' });
});
