import { describe, expect, test } from "vitest";
import { BOOTSTRAP_COMMAND } from "./bootstrap.ts";

describe("a job definition's command", () => {
  test("leaves room in the 24 KiB of a job definition", () => {
    expect(JSON.stringify(BOOTSTRAP_COMMAND).length).toBeLessThan(12 * 1024);
  });

  test("has no placeholder that Batch would fill in", () => {
    expect(BOOTSTRAP_COMMAND.join(" ")).not.toMatch(/Ref::|\$\(/);
  });
});
