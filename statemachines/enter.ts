import { stepsOf } from "../graph/walk.ts";
import { addState, type Block } from "./block.ts";
import type { ChoiceRule, ChoiceTest } from "./asl.ts";
import { entryOf } from "./entry.ts";
import { nodesOf, type Piece } from "./piece.ts";

/**
 * The pieces at which a resumed run may enter a machine, its beginning aside: those outermost ones that hold a step. A
 * part's own machine begins with the step as well, so the run goes on at the same node whether it stands in a part or not.
 */
export function enterable(pieces: readonly Piece[]): ReadonlySet<Piece> {
  return new Set(pieces.slice(1).filter((piece) => stepsOf(nodesOf([piece])).length > 0));
}

/**
 * Adds the Choice that lets a resumed run enter at the piece that holds its step, where there is more than one; answers
 * where the block begins.
 */
export function addEnter(block: Block, first: string): string {
  const { entered, flow } = block;
  if (!entered || entered.size === 0) return first;
  const Choices = [...entered].map((piece): ChoiceRule => {
    const tests = stepsOf(nodesOf([piece])).map(({ name }): ChoiceTest => ({
      Variable: "$.enter",
      StringEquals: name,
    }));
    return {
      ...(tests.length === 1 ? tests[0]! : { Or: tests }),
      Next: entryOf(piece, block).state!,
    };
  });
  const name = flow.lineage.steps.has("Enter") ? "Enter.flow" : "Enter";
  addState(block, name, { Type: "Choice", Choices, Default: first });
  return name;
}
