import type { GraphNode, LoopNode } from "../graph/graph.ts";
import { nodeName } from "../graph/walk.ts";

/**
 * How a flow's graph is divided into the executions that carry it out, where one would be too long or one machine too
 * large. The graph stays as it is: this says of its sequences and loops what becomes of them. Empty where all fits.
 */
export interface Division {
  /** What a sequence of the graph is carried out as; one that is not here is carried out as its nodes. */
  readonly sequences: ReadonlyMap<readonly GraphNode[], readonly Piece[]>;
  /**
   * A loop that goes round in executions of their own: how many rounds one has, then how many of those one has that
   * carries them out, and so on. The last of these are carried out where the loop stands.
   */
  readonly chunks: ReadonlyMap<LoopNode, readonly number[]>;
}

export type Piece = GraphNode | Part;

/** A run of nodes that an execution of a machine of its own carries out. */
export interface Part {
  readonly type: "part";
  readonly pieces: readonly Piece[];
}

export function piecesOf({ sequences }: Division, nodes: readonly GraphNode[]): readonly Piece[] {
  return sequences.get(nodes) ?? nodes;
}

/** The nodes of the pieces, those in parts too. */
export function nodesOf(pieces: readonly Piece[]): GraphNode[] {
  return pieces.flatMap((piece) => (piece.type === "part" ? nodesOf(piece.pieces) : [piece]));
}

/** The state that has a part carried out is named after the node that the part begins with. */
export function partName(part: Part): string {
  return `${nodeName(nodesOf([part])[0]!)}.part`;
}
