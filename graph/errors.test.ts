import { describe, expect, test } from "vitest";
import { formatError, MillraceError } from "./errors.ts";
import { mistakesError } from "./mistake.ts";

const where = { flow: "Stats", step: "compute", source: "stats.ts:3:7" };

describe("the message of an error", () => {
  test("says of which flow and step it speaks, for it is all that a program's log shows", () => {
    const error = new MillraceError("step.returned", "the step returned 7", { where });
    expect(error.message).toBe("flow Stats, step compute: the step returned 7");
    expect(error.detail).toBe("the step returned 7");
    expect(String(error)).toBe("MillraceError: flow Stats, step compute: the step returned 7");
  });

  test("names the parameter, the artifact or the state that is meant", () => {
    const told = (where: object) => new MillraceError("parameter.invalid", "it is none", { where }).message;
    expect(told({ flow: "Stats", parameter: "top" })).toBe("flow Stats, parameter top: it is none");
    expect(told({ artifact: "table" })).toBe("artifact table: it is none");
    expect(told({ state: "Charge" })).toBe("state Charge: it is none");
    expect(told({})).toBe("it is none");
  });

  test("lists several mistakes, each with its own place", () => {
    const mistake = { code: "graph.cpu", message: "cpu 0 is not a positive number", where, hint: "Write 1." } as const;
    const { message } = mistakesError("graph.invalid", [
      mistake,
      { ...mistake, where: { flow: "Stats", step: "end" } },
    ]);
    expect(message.match(/flow Stats, step \w+: cpu 0/g)).toEqual([
      "flow Stats, step compute: cpu 0",
      "flow Stats, step end: cpu 0",
    ]);
  });
});

test("an error on the terminal says its place once, then the source and the hint", () => {
  const error = new MillraceError("step.returned", "the step returned 7", { where, hint: "Return an object." });
  expect(formatError(error)).toBe("flow Stats, step compute: the step returned 7\n  stats.ts:3:7\n  Return an object.");
});

test("a code that there is not does not compile", () => {
  // @ts-expect-error it is not in error-codes.ts
  expect(new MillraceError("nothing.known", "").code).toBe("nothing.known");
});
