import type { Graph } from "../graph/graph.ts";
import { controlName } from "../graph/lineage.ts";
import { count, type Weights } from "./count.ts";
import { divide, MACHINE_SIZE, type MachineSize } from "./divide.ts";
import { enterable } from "./enter.ts";
import { inlineForeachs } from "./inline.ts";
import { piecesOf, type Piece } from "./piece.ts";
import { PRICES } from "./prices.ts";

/** What a run's control values are taken to be, by the node's name; the same wherever a node is reached. */
export interface Course {
  /** By the join's name; 1 unless given. */
  readonly widths?: Readonly<Record<string, number>>;
  /** 1 unless given. */
  readonly rounds?: Readonly<Record<string, number>>;
  /** A case's value; otherwise (or the last case) unless given. */
  readonly cases?: Readonly<Record<string, string>>;
}

/** Every state that is entered is one; an iteration costs nothing itself. aws.amazon.com/step-functions/pricing */
const TRANSITIONS: Weights = {
  job: 1,
  invocation: 1,
  read: 1,
  choice: 1,
  pass: 1,
  succeed: 1,
  parallel: 1,
  map: 1,
  iteration: 0,
  mapRun: 1,
};

/**
 * State transitions of one run from its beginning, those of executions within its own too; no retry and no caught failure
 * counted.
 */
export function transitions(
  graph: Graph,
  { widths = {}, rounds = {}, cases = {} }: Course = {},
  size: MachineSize = MACHINE_SIZE,
): number {
  const inline = inlineForeachs(graph);
  const division = divide(graph, size);
  const pieces = piecesOf(division, graph.body);
  const states = count(pieces, {
    weights: TRANSITIONS,
    width: (node) => widths[controlName(node)] ?? 1,
    rounds: (node) => rounds[node.id] ?? 1,
    chosen: (node, counts) => counts[node.cases.findIndex(({ value }) => value === cases[node.id])] ?? counts.at(-1)!,
    isInline: (node) => inline.has(node),
    division,
    childrenIncluded: true,
  });
  return states + entries(pieces);
}

/** One for each of the flow's machines that a run may be resumed in. */
function entries(pieces: readonly Piece[]): number {
  const within = pieces.map((piece) => (piece.type === "part" ? entries(piece.pieces) : 0));
  return within.reduce((sum, each) => sum + each, enterable(pieces).size > 0 ? 1 : 0);
}

/** What state transitions cost, in US dollars, beyond what is free each month. */
export function transitionsUsd(number: number): number {
  return number * PRICES.stateTransition;
}
