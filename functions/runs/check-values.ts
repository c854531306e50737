import { Validator } from "@cfworker/json-schema";
import { flagOf } from "../../graph/flags.ts";
import type { Graph, Json } from "../../graph/graph.ts";
import { mistakesError, quote, type Mistake } from "../../graph/mistake.ts";
import { nearest } from "../../graph/nearest.ts";
import { withinBounds } from "../bounded.ts";

/**
 * Holds what a caller gives a deployed flow to the JSON Schemas that were registered, and fills in the defaults that these
 * know. The flow's own validators are its code, which no function of the control plane loads: what they make of a value
 * (a date of a text), and what they refuse beyond what JSON Schema can say, comes when the first task begins.
 *
 * @throws MillraceError `parameter.invalid`, which lists every problem.
 */
export function checkParameterValues(
  { name: flow, parameters }: Pick<Graph, "name" | "parameters">,
  values: Readonly<Record<string, Json>>,
): Record<string, Json> {
  const mistakes: Mistake[] = [];
  const note = (parameter: string, message: string, hint: string) =>
    mistakes.push({ code: "parameter.invalid", message, where: { flow, parameter }, hint });
  const names = Object.keys(parameters);
  for (const name of Object.keys(values)) {
    if (Object.hasOwn(parameters, name)) continue;
    const meant = nearest(name, names);
    const there = names.length > 0 ? `There are ${names.join(", ")}.` : "It takes none.";
    note(name, "the flow has no such parameter", meant ? `Did you mean ${meant} (--${flagOf(meant)})?` : there);
  }
  const accepted: [string, Json][] = [];
  for (const [name, { required, schema }] of Object.entries(parameters)) {
    const value = Object.hasOwn(values, name) ? values[name] : schema?.["default"];
    if (value === undefined) {
      if (required) note(name, "it is required", `Give it with --${flagOf(name)} VALUE.`);
      continue;
    }
    const problem = schema && problemOf(schema, value);
    if (problem === undefined) accepted.push([name, value]);
    else note(name, problem, `It was given as ${quote(value)}.`);
  }
  if (mistakes.length > 0) throw mistakesError("parameter.invalid", mistakes);
  return Object.fromEntries(accepted);
}

/** For one value. Deploying refuses the usual schemas that take for ever (deploy/check-parameters.ts), not all. */
const MILLISECONDS = 1_000;

function problemOf(schema: object, value: Json): string | undefined {
  const result = withinBounds(MILLISECONDS, () => new Validator(schema, "2020-12", false).validate(value));
  if (!result) return `the flow's schema could not be applied to it within ${MILLISECONDS} ms`;
  const { valid, errors } = result;
  if (valid) return undefined;
  // The first says only that something below it is wrong.
  const deepest = errors.filter(({ keyword }) => keyword !== "properties" && keyword !== "items");
  return (deepest.length > 0 ? deepest : errors)
    .slice(0, 3)
    .map(({ instanceLocation, error }) =>
      `${instanceLocation.replace(/^#\/?/, "").replaceAll("/", ".")} ${error}`.trim(),
    )
    .join("; ");
}
