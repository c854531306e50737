import { expect, test } from "vitest";
import { interruptedReport } from "./interrupted-report.ts";

test.each([
  ["out of time", { MILLRACE_TIMEOUT_SECONDS: "90" }, 150, "Timeout", /longer than its timeout/],
  [
    "on Spot",
    { AWS_BATCH_CE_NAME: "SpotEnvironment-x1", MILLRACE_TIMEOUT_SECONDS: "90" },
    20,
    "Interrupted",
    /taken back/,
  ],
  ["anywhere else", { AWS_BATCH_CE_NAME: "OnDemandEnvironment-x1" }, 20, "Interrupted", /was terminated/],
])("a container that is told to end %s says so", (_, env, upSeconds, name, message) => {
  const { error } = interruptedReport(env as unknown as NodeJS.ProcessEnv, upSeconds);
  expect(error).toMatchObject({ name, message: expect.stringMatching(message) as string });
});
