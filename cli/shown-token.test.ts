import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { shownToken } from "./shown-token.ts";

describe("the production token that is shown", () => {
  let folder: string;
  const file = () => join(folder, "token");
  const env = { MILLRACE_AUTHORIZE: "mt_env" };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-token-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("is the flag's, else the file's, else the environment's", () => {
    writeFileSync(file(), "mt_file\n");
    expect(shownToken({ authorize: "mt_flag", authorizeFile: file() }, env)).toBe("mt_flag");
    expect(shownToken({ authorizeFile: file() }, env)).toBe("mt_file");
    expect(shownToken({}, env)).toBe("mt_env");
    expect(shownToken({}, { MILLRACE_AUTHORIZE: "" })).toBeUndefined();
  });

  test.each([
    ["that is missing", undefined],
    ["that is empty", "\n"],
  ])("is never that of a file %s", (_, text) => {
    if (text !== undefined) writeFileSync(file(), text);
    expect(() => shownToken({ authorizeFile: file() }, env)).toThrow(
      expect.objectContaining({ code: "token.unreadable" }),
    );
  });
});
