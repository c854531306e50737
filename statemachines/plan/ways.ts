import type { ForeachNode, LoopNode, SwitchNode } from "../../graph/graph.ts";
import { controlName } from "../../graph/lineage.ts";
import { bodiesOf } from "../../graph/walk.ts";

/** What a run's control values are taken to be, by the node's name; the same wherever a node is reached. */
export interface Course {
  /** By the join's name; 1 unless given. */
  readonly widths?: Readonly<Record<string, number>>;
  /** 1 unless given. */
  readonly rounds?: Readonly<Record<string, number>>;
  /** A case's value; otherwise (or the last case) unless given. */
  readonly cases?: Readonly<Record<string, string>>;
}

/**
 * Which ways a run goes: what its control values are, on the average where they differ from place to place. A plan takes
 * them from a course, what a run really used from its tasks.
 */
export interface Ways {
  readonly width: (node: ForeachNode) => number;
  readonly rounds: (node: LoopNode) => number;
  /** The part of the times that the switch goes into this one of its bodies (see bodiesOf). */
  readonly share: (node: SwitchNode, body: number) => number;
}

/** Those of a course: the same wherever a node is reached. */
export function waysOf({ widths = {}, rounds = {}, cases = {} }: Course): Ways {
  return {
    width: (node) => widths[controlName(node)] ?? 1,
    rounds: (node) => rounds[node.id] ?? 1,
    share(node, body) {
      const chosen = node.cases.findIndex(({ value }) => value === cases[node.id]);
      return body === (chosen < 0 ? bodiesOf(node).length - 1 : chosen) ? 1 : 0;
    },
  };
}
