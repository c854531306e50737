import type { Graph } from "../graph/graph.ts";
import { compile, type CompiledFlow } from "./compile.ts";
import type { MachineSize } from "./divide.ts";
import { waysOf, type Course } from "./plan/ways.ts";
import { PRICES } from "./prices.ts";
import { offlineResources } from "./resources.ts";
import { transitionsOf } from "./tally.ts";

/**
 * State transitions of one run from its beginning, those of executions within its own too; no retry and no caught failure
 * counted.
 */
export function transitions(graph: Graph, course: Course = {}, size?: MachineSize): number {
  const { run } = size ? compile(graph, offlineResources, size) : compiledOf(graph);
  return transitionsOf(run, waysOf(course));
}

const compiled = new WeakMap<Graph, CompiledFlow>();

/** The flow's machines as nothing of an account makes them: what is counted on them is the same wherever they stand. */
export function compiledOf(graph: Graph): CompiledFlow {
  const known = compiled.get(graph) ?? compile(graph, offlineResources);
  compiled.set(graph, known);
  return known;
}

/** What state transitions cost, in US dollars, beyond what is free each month. */
export function transitionsUsd(number: number): number {
  return number * PRICES.stateTransition;
}
