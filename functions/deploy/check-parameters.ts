import { Validator } from "@cfworker/json-schema";
import type { Graph, JsonObject } from "../../graph/graph.ts";
import { quote, type Mistake } from "../../graph/mistake.ts";
import { withinBounds } from "../bounded.ts";

/** What one schema, or one pattern with one text, may take; every trigger of the flow would take it again. */
const MILLISECONDS = 50;
/** Of a flow's schemas together. */
const ALL_MILLISECONDS = 10_000;
/** Of texts that a pattern is tried with. */
const MAX_SEEDS = 24;
/** What a backtracking pattern takes on so many repetitions is beyond any patience: two ways each make 2^40. */
const PUMPED = 40;

/**
 * Tries the JSON Schemas of a flow's parameters, so that none is deployed which no trigger could be held to: references
 * that lead nowhere or to themselves, patterns that are none, and patterns that backtrack for ever on what they were made
 * of. That last is a search and misses some; what it misses, `checkParameters` of a trigger ends in time.
 */
export function mistakesOfParameters({ name: flow, parameters }: Pick<Graph, "name" | "parameters">): Mistake[] {
  const until = Date.now() + ALL_MILLISECONDS;
  return Object.entries(parameters).flatMap(([parameter, { schema }]): Mistake[] => {
    const problem = schema && problemOfSchema(schema, until);
    if (problem === undefined) return [];
    const hint = "Change the parameter's validator.";
    return [{ code: "graph.parameter", message: problem, where: { flow, parameter }, hint }];
  });
}

function problemOfSchema(schema: JsonObject, until: number): string | undefined {
  const left = () => Math.min(MILLISECONDS, until - Date.now());
  for (const pattern of patternsOf(schema)) {
    let expression: RegExp;
    try {
      expression = new RegExp(pattern, "u");
    } catch {
      return `its pattern ${quote(pattern)} is no regular expression`;
    }
    for (const text of textsFor(pattern)) {
      if (left() <= 0) return "its schema takes too long to check";
      if (!withinBounds(left(), () => [expression.test(text)]))
        return `its pattern ${quote(pattern)} takes for ever on some texts (it backtracks)`;
    }
  }
  for (const value of [null, "", 0, [], {}]) {
    if (left() <= 0) return "its schema takes too long to check";
    try {
      if (!withinBounds(left(), () => [new Validator(schema, "2020-12", false).validate(value)]))
        return "its schema refers to itself without end, or takes too long to check";
    } catch {
      return "its schema refers to what is not there";
    }
  }
  return undefined;
}

/** Every pattern that stands anywhere in a schema. */
function patternsOf(schema: JsonObject): Set<string> {
  const patterns = new Set<string>();
  const open: unknown[] = [schema];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one !== "object" || one === null) continue;
    for (const [key, value] of Object.entries(one)) {
      if (key === "pattern" && typeof value === "string") patterns.add(value);
      if (key === "patternProperties") for (const pattern of Object.keys(value as object)) patterns.add(pattern);
      open.push(value);
    }
  }
  return patterns;
}

/** Texts that a pattern nearly matches in many ways: what it is made of, many times over, and an end that fits nowhere. */
function textsFor(pattern: string): string[] {
  const start = /^\^?([\w :/.@-]*)/.exec(pattern)?.[1] ?? "";
  const classes = pattern
    .replaceAll("\\d", "0")
    .replaceAll("\\s", " ")
    .replaceAll(/\\[wS]|\./g, "a");
  const words = classes.match(/[A-Za-z0-9]+/g) ?? [];
  const seeds = new Set(["a", "0", " ", ...words, ...classes.replaceAll(/[\\^$()[\]{}?*+|]/g, "")]);
  return [...seeds]
    .slice(0, MAX_SEEDS)
    .flatMap((seed) => ["", start].map((first) => `${first}${seed.repeat(PUMPED)}\u0000`));
}
