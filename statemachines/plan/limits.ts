import type { ForeachNode, Graph, GraphNode, LoopNode } from "../../graph/graph.ts";
import { controlName } from "../../graph/lineage.ts";
import { hasTurns, nodesIn } from "../../graph/walk.ts";
import { MAX_WIDTH } from "../contract/contract.ts";
import { compiledOf } from "../cost.ts";
import { LIMITS } from "../limits.ts";
import { atOnce, type AtOnce } from "./at-once.ts";
import { DEPLOYMENT } from "./place.ts";
import { largestHistory, largestPayload } from "./size.ts";
import type { Ways } from "./ways.ts";

/** A limit that a run meets where one foreach is wider or one loop goes round more often, the rest as planned. */
export interface LimitMet {
  /** The join's name, or the loop's id. */
  readonly node: string;
  readonly dial: "width" | "rounds";
  /** The least width, or number of rounds, that is too much. */
  readonly at: number;
  readonly limit: string;
  /** Whether the run fails there, or goes on more slowly. */
  readonly effect: "fails" | "waits";
}

interface Check {
  readonly limit: string;
  readonly effect: LimitMet["effect"];
  readonly isOver: (run: Sizes) => boolean;
}

interface Sizes {
  readonly events: number;
  readonly payload: number;
  readonly width: number;
  readonly atOnce: AtOnce;
}

const number = (value: number) => value.toLocaleString("en-US");

const CHECKS: readonly Check[] = [
  {
    limit: `a history of ${number(LIMITS.historyEvents)} events`,
    effect: "fails",
    isOver: ({ events }) => events > LIMITS.historyEvents,
  },
  {
    limit: `a payload of ${number(LIMITS.payloadBytes)} bytes`,
    effect: "fails",
    isOver: ({ payload }) => payload > LIMITS.payloadBytes,
  },
  {
    limit: `${number(MAX_WIDTH)} children of a foreach`,
    effect: "fails",
    isOver: ({ width }) => width > MAX_WIDTH,
  },
  {
    limit: `${number(LIMITS.openMapRuns)} distributed Maps open at once`,
    effect: "waits",
    isOver: (run) => run.atOnce.mapRuns > LIMITS.openMapRuns,
  },
  {
    limit: `${DEPLOYMENT.maxCpus} CPUs of a queue at once (the deployment's maxCpus)`,
    effect: "waits",
    isOver: (run) => Math.max(run.atOnce.spotCpus, run.atOnce.onDemandCpus) > DEPLOYMENT.maxCpus,
  },
  {
    limit: `${LIMITS.fargateLaunchBurst} containers that Fargate starts at once, then ${LIMITS.fargateLaunchesPerSecond} a second`,
    effect: "waits",
    isOver: (run) => run.atOnce.containers > LIMITS.fargateLaunchBurst,
  },
  {
    limit: `${LIMITS.submitJobsPerSecond} jobs submitted a second`,
    effect: "waits",
    isOver: (run) => run.atOnce.submits > LIMITS.submitJobsPerSecond,
  },
  {
    limit: `${number(LIMITS.lambdaConcurrency)} invocations of Lambda functions at once`,
    effect: "waits",
    isOver: (run) => run.atOnce.functions > LIMITS.lambdaConcurrency,
  },
  {
    limit: `${number(LIMITS.transitionBurst)} state transitions at once`,
    effect: "waits",
    isOver: (run) => run.atOnce.entered > LIMITS.transitionBurst,
  },
];

/**
 * For each foreach and loop the limits that it meets as it grows, the run's own sizes worked out anew at each: the first
 * that it fails at and the first that makes it wait, those met soonest first.
 */
export function limitsMet(graph: Graph, ways: Ways): LimitMet[] {
  return dialsOf(graph.body)
    .flatMap((node) => firstMet(graph, ways, node))
    .toSorted((a, b) => a.at - b.at || (a.effect === "fails" ? -1 : 1));
}

function firstMet(graph: Graph, ways: Ways, node: ForeachNode | LoopNode): LimitMet[] {
  const isLoop = node.type === "loop";
  const least = isLoop ? ways.rounds(node) : ways.width(node);
  const most = isLoop ? node.max : MAX_WIDTH + 1;
  const sizesAt = (value: number) => sizesOf(graph, dialled(ways, node, value));
  const atMost = sizesAt(most);
  return (["fails", "waits"] as const).flatMap((effect) => {
    const checks = CHECKS.filter((check) => check.effect === effect && check.isOver(atMost));
    if (checks.length === 0) return [];
    const isOver = (value: number) => {
      const sizes = sizesAt(value);
      return checks.find((check) => check.isOver(sizes));
    };
    const at = leastOver((value) => isOver(value) !== undefined, Math.max(1, Math.ceil(least)), most);
    return [{ node: controlName(node), dial: isLoop ? "rounds" : "width", at, limit: isOver(at)!.limit, effect }];
  });
}

/** The least number from `from` to `most` that is over, `most` being over and all above the least one too. */
function leastOver(isOver: (value: number) => boolean, from: number, most: number): number {
  let [low, high] = [from, most];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isOver(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sizesOf(graph: Graph, ways: Ways): Sizes {
  const widths = dialsOf(graph.body).flatMap((node) => (node.type === "foreach" ? [ways.width(node)] : []));
  return {
    events: largestHistory(graph, ways),
    payload: largestPayload(graph, ways),
    width: Math.max(0, ...widths),
    atOnce: atOnce(compiledOf(graph).run, ways),
  };
}

function dialled(ways: Ways, dial: ForeachNode | LoopNode, value: number): Ways {
  return {
    ...ways,
    width: (node) => (node === dial ? value : ways.width(node)),
    rounds: (node) => (node === dial ? value : ways.rounds(node)),
  };
}

function dialsOf(nodes: readonly GraphNode[]): (ForeachNode | LoopNode)[] {
  return nodesIn(nodes).filter(hasTurns);
}
