import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { JsonObject } from "../../graph/graph.ts";
import { mistakesOfParameters } from "./check-parameters.ts";

const problems = (schema: JsonObject) =>
  mistakesOfParameters({ name: "Stats", parameters: { top: { required: true, schema } } }).map((one) => one.message);

describe("attack: a deployer's parameter schema", () => {
  const endless = ["^(a+)+$", "^(\\w+\\s?)*$", "(x|x)*y", "^id:(\\d+)*$", "^(.*a){25}$", "(foo|foo)*$", "^(-+)+$"];
  test.each(endless)("whose pattern %s backtracks for ever is refused", (pattern) => {
    expect(problems({ type: "string", pattern })).toEqual([expect.stringContaining("takes for ever")]);
  });

  test("whose pattern stands somewhere inside is refused too", () => {
    expect(problems({ properties: { a: { items: { pattern: "^(a+)+$" } } } })).toHaveLength(1);
    expect(problems({ patternProperties: { "^(a+)+$": {} } })).toHaveLength(1);
  });

  test("that refers to itself, or to what is not there, or has no pattern for a pattern, is refused", () => {
    expect(problems({ $ref: "#" })).toEqual([expect.stringContaining("refers to itself")]);
    expect(problems({ $ref: "#/$defs/a" })).toEqual([expect.stringContaining("not there")]);
    expect(problems({ pattern: "(" })).toEqual([expect.stringContaining("no regular expression")]);
  });

  test("whose references multiply is refused", () => {
    const levels = Array.from({ length: 40 }, (_, i) => [
      `a${i}`,
      { allOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }] },
    ]);
    const $defs = { ...Object.fromEntries(levels), a40: {} } as JsonObject;
    expect(problems({ $defs, $ref: "#/$defs/a0" })).toHaveLength(1);
  });
});

test("what the validators of people say of themselves is taken", () => {
  type Tree = { readonly value: string; readonly children: readonly Tree[] };
  const tree: z.ZodType<Tree> = z.object({ value: z.string(), children: z.array(z.lazy(() => tree)) });
  const all = [
    z.email(),
    z.uuid(),
    z.iso.datetime(),
    z.iso.duration(),
    z.ipv4(),
    z.ipv6(),
    z.base64(),
    z.cidrv4(),
    tree,
  ];
  for (const one of [...all, z.string().regex(/^[a-z]+(-[a-z]+)*$/), z.string().startsWith("s3://")])
    expect(problems(z.toJSONSchema(one) as JsonObject)).toEqual([]);
});
