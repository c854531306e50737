import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { shownToken } from "./shown-token.ts";

describe("the production token that is shown", () => {
  let folder: string;
  const file = () => join(folder, "token");
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-token-"));
    vi.stubEnv("MILLRACE_AUTHORIZE", "mt_env");
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  test("is the flag's, else the file's, else the environment's", () => {
    writeFileSync(file(), "mt_file\n");
    expect(shownToken({ authorize: "mt_flag", authorizeFile: file() })).toBe("mt_flag");
    expect(shownToken({ authorizeFile: file() })).toBe("mt_file");
    expect(shownToken({})).toBe("mt_env");
    vi.stubEnv("MILLRACE_AUTHORIZE", "");
    expect(shownToken({})).toBeUndefined();
  });

  test.each([
    ["that is missing", undefined],
    ["that is empty", "\n"],
  ])("is never that of a file %s", (_, text) => {
    if (text !== undefined) writeFileSync(file(), text);
    expect(() => shownToken({ authorizeFile: file() })).toThrow(expect.objectContaining({ code: "token.unreadable" }));
  });
});
