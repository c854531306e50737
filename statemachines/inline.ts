import type { ForeachNode, Graph, GraphNode } from "../graph/graph.ts";
import { bodiesOf, nodesIn } from "../graph/walk.ts";
import { isArrayJob } from "./array-job.ts";
import { mostEvents } from "./count.ts";
import { LIMITS } from "./limits.ts";

/** What the foreachs of one flow may add to its history together; the rest is for everything else. */
const EVENTS_FOR_ITERATIONS = 20_000;

/**
 * The foreachs that run as iterations of the execution they stand in where they are at most 40 wide. An iteration's
 * events count to that execution's history, which is bounded, so one with too many runs as an execution of its own at
 * any width. So does one with Maps inside: a body stands in the machine once for each way to run it, and with two ways
 * at every level a machine would double with each.
 */
export function inlineForeachs(graph: Graph): ReadonlySet<ForeachNode> {
  const maps = foreachsOf(graph.body).filter((node) => !isArrayJob(node));
  const events = EVENTS_FOR_ITERATIONS / maps.length / LIMITS.inlineMapConcurrency;
  const isShort = (node: ForeachNode) => mapsInside(node) === 0 && mostEvents(node.body) <= events;
  return new Set(maps.filter(isShort));
}

function foreachsOf(nodes: readonly GraphNode[]): ForeachNode[] {
  return nodesIn(nodes).filter((node) => node.type === "foreach");
}

/**
 * How many children of a distributed Map run at once: where the flow does not say, enough to be fast and few enough not
 * to flood Batch. Where Maps stand in Maps it is fewer the higher they are, whatever the flow says: an account has 1,000
 * Map Runs open at once and the next ones wait, so outer ones alone must never take all the places that inner ones need.
 */
export function mapRunConcurrency(node: ForeachNode): number {
  const levels = mapsInside(node);
  if (levels === 0) return Math.min(node.concurrency ?? 1_000, LIMITS.distributedMapConcurrency);
  return Math.min(node.concurrency ?? Infinity, [500, 40, 10, 2][levels - 1] ?? 1);
}

const levelsInside = new WeakMap<ForeachNode, number>();

/** How many levels of Maps a foreach has inside; each node is looked at once, however deep it stands. */
function mapsInside(node: ForeachNode): number {
  const known = levelsInside.get(node);
  if (known !== undefined) return known;
  const within = (nodes: readonly GraphNode[]): number => Math.max(0, ...nodes.map(levelsOf));
  const levelsOf = (inner: GraphNode): number =>
    inner.type === "foreach" && !isArrayJob(inner)
      ? 1 + mapsInside(inner)
      : Math.max(0, ...bodiesOf(inner).map(within));
  const levels = within(node.body);
  levelsInside.set(node, levels);
  return levels;
}
