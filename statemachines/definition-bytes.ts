import type { Graph } from "../graph/graph.ts";
import { stepsOf } from "../graph/walk.ts";
import { openFlow } from "./compile-body.ts";
import { compileMachine } from "./compile-nested.ts";
import { jobsWanted } from "./job-definition.ts";
import { nodesOf, type Division, type Piece } from "./piece.ts";
import type { MachineResources } from "./resources.ts";
import { addGroup } from "./state-group.ts";

/**
 * Measures the definitions of machines of pieces of the graph, in bytes of the JSON of a request, where each quotation mark
 * takes two: with names as long as an account's are, so that a flow is divided by itself alone and not by where it goes.
 */
export function measureDefinitions(graph: Graph, division: Division): (pieces: readonly Piece[]) => number {
  const nest = () => arn("states", 110);
  const flow = openFlow({ graph, resources: sampleResources(graph), division, nest });
  return (pieces) => {
    const machine = compileMachine(pieces, flow, {
      comment: graph.name,
      depth: 0,
      isEntered: true,
      group: addGroup(undefined, { is: "once" }),
    });
    const bytes = Buffer.byteLength(JSON.stringify(JSON.stringify(machine)));
    // Nothing enters at the first piece yet, but once it stands behind others.
    return stepsOf(nodesOf(pieces.slice(0, 1))).reduce((sum, { name }) => sum + 80 + 2 * name.length, bytes);
  };
}

function sampleResources(graph: Graph): MachineResources {
  const own = Object.keys(jobsWanted(stepsOf(graph.body)));
  const queue = arn("batch", 110);
  return {
    queues: { onDemand: queue, spot: queue, gpu: queue },
    jobDefinition: {
      default: "x".repeat(40),
      steps: Object.fromEntries(own.map((name) => [name, arn("batch", 190)])),
    },
    runner: { default: arn("lambda", 120) },
    bookkeeping: arn("lambda", 120),
    tags: { "millrace:stack": "x".repeat(33), "millrace:stage": "x".repeat(24) },
    table: "x".repeat(60),
    bucket: "x".repeat(63),
    keepsMapRuns: true,
    waitSeconds: 31_536_000,
  };
}

function arn(service: string, length: number): string {
  return `arn:aws:${service}:`.padEnd(length, "x");
}
