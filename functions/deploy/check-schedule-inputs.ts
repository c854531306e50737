import { MillraceError } from "../../graph/errors.ts";
import type { Graph } from "../../graph/graph.ts";
import { schedulesOf } from "../../graph/schedule.ts";
import { checkParameterValues } from "../runs/check-values.ts";

/** Holds what each schedule gives to the flow's parameters, so that none starts what could not begin. Throws MillraceError `graph.schedule`. */
export function checkScheduleInputs(graph: Pick<Graph, "name" | "parameters" | "schedule">): void {
  for (const { expression, input = {} } of schedulesOf(graph)) {
    try {
      checkParameterValues(graph, input);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      throw new MillraceError("graph.schedule", `the input of its schedule ${expression}: ${error.detail}`, {
        where: { ...error.where, flow: graph.name },
        hint: "Give it what the flow's parameters take.",
        cause: error,
      });
    }
  }
}
