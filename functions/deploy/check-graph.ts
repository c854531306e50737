import { Validator, type OutputUnit } from "@cfworker/json-schema";
import { MillraceError } from "../../graph/errors.ts";
import { checkGraph } from "../../graph/check.ts";
import type { Graph } from "../../graph/graph.ts";
import { mistakesError } from "../../graph/mistake.ts";
import { isTooDeepForGraph, MAX_NESTING } from "../../graph/nesting.ts";
import { graphSchema } from "../../graph/schema.ts";
import { mistakesOfParameters } from "./check-parameters.ts";

/** A graph has at most this many bytes as JSON: some 4,000 steps. */
const GRAPH_BYTES = 2 * 1024 * 1024;

/** Holds a graph that came over the wire to its schema and its rules. Throws MillraceError `graph.invalid`, `graph.tooLarge`, `graph.tooDeep`. */
export function checkForeignGraph(flow: string, graph: Graph): void {
  if (isTooDeepForGraph(graph))
    throw new MillraceError(
      "graph.tooDeep",
      `its graph is nested too deep: foreachs, branches, switches and loops go ${MAX_NESTING} deep at most`,
      {
        where: { flow },
        hint: "Put what the innermost ones do into one step, or into another flow that a step starts.",
      },
    );
  const bytes = Buffer.byteLength(JSON.stringify(graph));
  if (bytes > GRAPH_BYTES)
    throw new MillraceError("graph.tooLarge", `its graph has ${bytes} bytes; ${GRAPH_BYTES} are taken`, {
      where: { flow },
      hint: "Split the flow in two.",
    });
  const { valid, errors } = new Validator(graphSchema, "2020-12").validate(graph);
  if (!valid)
    throw new MillraceError("graph.invalid", `its graph is none: ${problemOf(errors)}`, {
      where: { flow },
      hint: "Deploy it with the version of millrace that the account has.",
    });
  if (graph.name !== flow)
    throw new MillraceError("graph.invalid", `the graph is of ${graph.name}`, { where: { flow } });
  const mistakes = [...checkGraph(graph), ...mistakesOfParameters(graph)];
  if (mistakes.length > 0) throw mistakesError("graph.invalid", mistakes);
}

/** Keywords whose errors only say that something deeper is wrong. */
const WAYS = new Set(["anyOf", "$ref", "items", "properties", "additionalProperties", "const"]);

/** What is wrong innermost, and where: `body.0.options.memory Instance type "number" is invalid. Expected "string".` */
function problemOf(errors: readonly OutputUnit[]): string {
  const depth = ({ instanceLocation, keyword }: OutputUnit) =>
    2 * instanceLocation.split("/").length + (WAYS.has(keyword) ? 0 : 1);
  const [first, ...rest] = errors;
  if (!first) return "it fits no schema";
  const { instanceLocation, error } = rest.reduce((best, one) => (depth(one) > depth(best) ? one : best), first);
  return `${instanceLocation.replace(/^#\/?/, "").replaceAll("/", ".")} ${error}`.trim();
}
