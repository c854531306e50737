import { describe, expect, test } from "vitest";
import { boundedError, ERROR_TEXT_BYTES } from "./bounded-error.ts";

describe("an error kept in the ledger", () => {
  test("is as it was where it is small", () => {
    const error = {
      name: "TypeError",
      message: "no",
      source: "a.ts:1:2",
      stack: "TypeError: no\n    at a.ts:1:2",
    };
    expect(boundedError(error)).toEqual(error);
  });

  test("keeps its own keys only", () => {
    expect(boundedError({ name: "E", message: "x".repeat(1e6) })).not.toHaveProperty("stack");
  });

  test.each(["x", "é", "😀"])("of a million times %s is cut to its bound, between characters", (character) => {
    const { message, stack } = boundedError({
      name: "E",
      message: "short",
      stack: character.repeat(1e6),
    });
    expect(message).toBe("short");
    expect(Buffer.byteLength(stack!)).toBeLessThanOrEqual(ERROR_TEXT_BYTES);
    expect(Buffer.byteLength(stack!)).toBeGreaterThan(ERROR_TEXT_BYTES - 8);
    expect(stack).toMatch(new RegExp(`^(?:${character})+\\n… \\(cut\\)$`, "u"));
  });
});
