import type { ForeachNode, Graph, GraphNode, LoopNode } from "../../graph/graph.ts";
import { lineageOf } from "../../graph/lineage.ts";
import { bodiesOf, hasTurns, stepOf } from "../../graph/walk.ts";
import { activityOf, IDLE, together, type Activity } from "./activity.ts";
import { planOf, type Plan } from "./plan.ts";
import { visit } from "./visits.ts";
import type { Ways } from "./ways.ts";

/** What the ledger tells of one task of a run. */
export interface RecordedTask {
  readonly step: string;
  readonly index: string;
  readonly attempts: number;
  /** How long each of them took. */
  readonly seconds: number;
}

/**
 * Gathers a run's tasks, in any order, and then says what the run used: real widths, rounds and cases, attempts and
 * times; the rest counted as in a plan. Where a node's values differ from place to place it goes by their average. Of a
 * body that ran no step no task tells.
 */
export function recordedRun(graph: Graph): { add(task: RecordedTask): void; plan(): Plan } {
  const { steps } = lineageOf(graph);
  const { around, outer } = layoutOf(graph);
  const activity = new Map<string, Activity>();
  const carriedOut = new Map<object, Set<string>>();
  return {
    add({ step, index, attempts, seconds }) {
      const { options } = steps.get(step)!.node;
      activity.set(
        step,
        together(activity.get(step) ?? IDLE, activityOf(options, { tasks: 1, attemptsEach: attempts, seconds })),
      );
      const components = index.split(".");
      for (const { body, depth } of around.get(step)!) {
        const indices = carriedOut.get(body) ?? new Set();
        carriedOut.set(body, indices.add(components.slice(0, depth).join(".")));
      }
    },
    plan() {
      const ways = recordedWays((body) => carriedOut.get(body)?.size ?? 0, outer);
      const visits = visit(graph, ways);
      return planOf({ graph, ways, visits, activity });
    },
  };
}

/** What is carried out once for each index of so many components: a foreach's or loop's body, or one of a switch's. */
interface Body {
  /** The foreach or loop; a switch's body itself. */
  readonly body: object;
  readonly depth: number;
}

interface Layout {
  /** The bodies that each step stands in, outermost first. */
  readonly around: ReadonlyMap<string, readonly Body[]>;
  /** The body that each foreach, loop and switch stands in itself; none where that is the flow's own. */
  readonly outer: ReadonlyMap<GraphNode, Body>;
}

function layoutOf(graph: Graph): Layout {
  const around = new Map<string, readonly Body[]>();
  const outer = new Map<GraphNode, Body>();
  const go = (nodes: readonly GraphNode[], bodies: readonly Body[], depth: number): void => {
    for (const node of nodes) {
      if (bodies.length > 0) outer.set(node, bodies.at(-1)!);
      const inside = (body: readonly GraphNode[]): readonly Body[] => {
        if (hasTurns(node)) return [...bodies, { body: node, depth: depth + 1 }];
        return node.type === "switch" ? [...bodies, { body, depth }] : bodies;
      };
      for (const body of bodiesOf(node)) go(body, inside(body), depth + (hasTurns(node) ? 1 : 0));
      const step = stepOf(node);
      if (step) around.set(step.name, bodies);
    }
  };
  go(graph.body, [], 0);
  return { around, outer };
}

function recordedWays(countOf: (body: object) => number, outer: Layout["outer"]): Ways {
  const reached = (node: GraphNode) => {
    const inside = outer.get(node);
    return inside ? countOf(inside.body) : 1;
  };
  const part = (count: number, whole: number) => (whole > 0 ? count / whole : 0);
  const average = (node: ForeachNode | LoopNode) => part(countOf(node), reached(node));
  return {
    width: average,
    rounds: average,
    share(node, body) {
      const shares = bodiesOf(node).map((nodes) =>
        nodes.length > 0 ? part(countOf(nodes), reached(node)) : undefined,
      );
      const left = shares.reduce<number>((rest, share) => rest - (share ?? 0), reached(node) > 0 ? 1 : 0);
      // The first empty body has what the others leave.
      return shares[body] ?? (shares.indexOf(undefined) === body ? Math.max(0, left) : 0);
    },
  };
}
