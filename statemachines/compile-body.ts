import type { GraphNode } from "../graph/graph.ts";
import { lineageOf } from "../graph/lineage.ts";
import { answersItself, timesOf, type Block, type Entry, type FlowContext } from "./block.ts";
import { compileForeach } from "./compile-foreach.ts";
import { compilePart } from "./compile-nested.ts";
import { compileStep } from "./compile-step.ts";
import { compileBranch, compileLoop, compileSwitch } from "./compile-turns.ts";
import { addControlRead } from "./control.ts";
import { entryOf, readName } from "./entry.ts";
import { inlineForeachs } from "./inline.ts";
import { piecesOf, type Piece } from "./piece.ts";

/** What a graph that has been divided is compiled from. */
export function openFlow(parts: Pick<FlowContext, "graph" | "resources" | "division" | "nest">): FlowContext {
  return {
    ...parts,
    lineage: lineageOf(parts.graph),
    inline: inlineForeachs(parts.graph),
    compileBody,
    compilePieces,
  };
}

/** Adds the states of a sequence of the graph, as it is divided. */
function compileBody(nodes: readonly GraphNode[], block: Block, exit: Entry): void {
  compilePieces(piecesOf(block.flow.division, nodes), block, exit);
}

function compilePieces(pieces: readonly Piece[], block: Block, exit: Entry): void {
  pieces.forEach((piece, i) => {
    const following = pieces[i + 1];
    const next = following ? entryOf(following, block) : exit;
    // Who enters the flow at this node has no answer of the step before.
    const isAnswered = answersItself(pieces[i - 1]);
    if ((piece.type === "foreach" || piece.type === "switch") && (!isAnswered || block.entered?.has(piece)))
      addControlRead(isAnswered ? timesOf(block, { is: "resumed" }) : block, readName(piece), piece);
    switch (piece.type) {
      case "part":
        return compilePart(piece, block, next);
      case "step":
        return compileStep(piece, block, next);
      case "foreach":
        return compileForeach(piece, block, next);
      case "branch":
        return compileBranch(piece, block, next);
      case "switch":
        return compileSwitch(piece, block, next);
      case "loop":
        return compileLoop(piece, block, next);
    }
  });
}
