import { describe, expect, test } from "vitest";
import type { GraphParameter } from "../graph/graph.ts";
import { describeParameters, readParameters } from "./parameters.ts";

const flags = ["--max-workers", "--tag", "--json", "--quiet", "--isolate", "--help"];
const parameters: Record<string, GraphParameter> = {
  top: { required: false, description: "How many", schema: { type: "number", default: 5 } },
  learningRate: { required: true, schema: { type: "number" } },
  shout: { required: false, schema: { type: "boolean", default: false } },
  kind: { required: false, schema: { enum: ["a", "b"] } },
  names: { required: false, schema: { type: "array", items: { type: "string" } } },
};

describe("parameters on the command line", () => {
  test.each<[string, string[], unknown]>([
    ["a value after its flag", ["--top", "5"], { top: "5" }],
    ["a value after an equals sign", ["--top=a=b"], { top: "a=b" }],
    ["an empty value", ["--top="], { top: "" }],
    ["a negative number", ["--top", "-5", "--learning-rate", "-.5"], { top: "-5", learningRate: "-.5" }],
    ["a flag without a value", ["--shout", "--top", "3"], { shout: true, top: "3" }],
    ["a flag that says no", ["--no-shout"], { shout: "false" }],
    ["a repeated flag", ["--names", "a", "--names=b", "--names", "c"], { names: ["a", "b", "c"] }],
    ["a name in the words of the flow", ["--learningRate", "1"], { learningRate: "1" }],
    ["a value with dashes", ["--top=--x"], { top: "--x" }],
  ])("%s", (_, args, read) => {
    expect(readParameters(args, parameters, flags)).toEqual(read);
  });

  test.each([
    ["a mistyped parameter", ["--tpo", "5"], /knows --tpo$/, `Did you mean "--top"?`],
    ["a mistyped flag", ["--jsn"], /knows --jsn$/, `Did you mean "--json"?`],
    [
      "something else altogether",
      ["--zebra=1"],
      /knows --zebra$/,
      /^The flow's parameters are --top, --learning-rate, /,
    ],
    ["a short flag", ["-x"], /knows -x$/, /^The flow's parameters are/],
  ])("%s is told with what there is", (_, args, message, hint) => {
    expect(() => readParameters(args, parameters, flags)).toThrow(
      expect.objectContaining({
        code: "parameter.unknown",
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    );
  });

  test("a value that belongs to no flag is refused", () => {
    expect(() => readParameters(["--top", "5", "6"], parameters, flags)).toThrow(`"6" belongs to no flag`);
  });
});

test("a flow's help lists its parameters with types, defaults and descriptions", () => {
  expect(describeParameters(parameters)).toEqual([
    "  --top <number>            How many (default: 5)",
    "  --learning-rate <number>  (required)",
    "  --shout <boolean>         (default: false)",
    `  --kind <"a" | "b">`,
    "  --names <string[]>",
  ]);
});
