import type { GraphNode } from "../graph/graph.ts";
import type { ControlNode } from "../graph/lineage.ts";
import { choiceName, type Block, type Entry } from "./block.ts";
import { controlFieldsOf } from "./control.ts";
import { partName, piecesOf, type Piece } from "./piece.ts";

/** The state that a sequence of the block begins with. */
export function startOf(nodes: readonly GraphNode[], block: Block): string {
  return entryOf(piecesOf(block.flow.division, nodes)[0]!, block).state!;
}

/** Where a piece of the block begins: known by its name alone, before its states are there. */
export function entryOf(node: Piece, block: Block): Entry {
  switch (node.type) {
    case "part":
      return { state: partName(node) + block.copy };
    case "step":
      return { state: node.name + block.copy };
    case "branch":
      return { state: `${node.join.name}.branches${block.copy}` };
    case "loop":
      return { state: node.id + block.copy };
    case "foreach":
    case "switch":
      return {
        state: readName(node) + block.copy,
        answered: { state: choiceName(node) + block.copy, fields: controlFieldsOf(node) },
      };
  }
}

/** The state that reads the node's control value. */
export function readName(node: Exclude<ControlNode, { type: "loop" }>): string {
  return node.type === "foreach" ? `${node.join.name}.width` : node.id;
}
