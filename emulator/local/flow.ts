import type { RunnableFlow } from "../../engine/execute-flow.ts";
import type { Graph } from "../../graph/graph.ts";
import { lineageOf } from "../../graph/lineage.ts";
import { compile } from "../../statemachines/compile.ts";
import { offlineResources } from "../../statemachines/resources.ts";

/** A flow as it is run with no account. */
export function localFlow(graph: Graph): RunnableFlow {
  return {
    lineage: lineageOf(graph),
    compiled: compile(graph, offlineResources),
    bookkeeping: offlineResources.bookkeeping,
  };
}
