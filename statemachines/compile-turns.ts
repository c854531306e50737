import type { BranchNode, LoopNode, SwitchNode } from "../graph/graph.ts";
import { bodiesOf } from "../graph/walk.ts";
import {
  addChoice,
  addFacts,
  addState,
  answersItself,
  deeperIndex,
  END,
  firstIndex,
  field,
  innerBlock,
  timesOf,
  to,
  type Block,
  type Entry,
} from "./block.ts";
import { compileChunkedLoop } from "./compile-nested.ts";
import { compileStep } from "./compile-step.ts";
import { addControlRead, controlFieldsOf } from "./control.ts";
import { startOf } from "./entry.ts";
import { piecesOf } from "./piece.ts";

/** Adds a branch: a Parallel, then the join. */
export function compileBranch(node: BranchNode, block: Block, next: Entry): void {
  const { name } = node.join;
  const Branches = node.branches.map(({ body }, branch) => {
    const inner = innerBlock(timesOf(block, { is: "branch", of: node, branch }), block.depth);
    block.flow.compileBody(body, inner, END);
    return { StartAt: startOf(body, inner), States: inner.states };
  });
  addState(
    block,
    { name: `${name}.branches`, node },
    {
      Type: "Parallel",
      Branches,
      ResultPath: null,
      Next: name + block.copy,
    },
  );
  compileStep(node.join, block, next);
}

/** Adds a switch from its Choice on. Its bodies stand in the same block, each going on to what comes after. */
export function compileSwitch(node: SwitchNode, block: Block, next: Entry): void {
  // Other cases come there too, without the answer that one case's last step might have.
  const after: Entry = { state: next.state };
  const inside: Block = { ...block, entered: undefined };
  const bodyOf = (body: SwitchNode["otherwise"]): Entry => (body?.[0] ? { state: startOf(body, block) } : after);
  const noCase = `${node.id}.nocase`;
  addChoice(block, node, {
    rules: node.cases.map(({ value, body }) => ({
      test: { Variable: "$.c.case", StringEquals: value },
      to: bodyOf(body),
    })),
    otherwise: node.otherwise ? bodyOf(node.otherwise) : { state: noCase + block.copy },
  });
  for (const [number, body] of bodiesOf(node).entries()) {
    const taken = timesOf(inside, { is: "share", of: node, body: number });
    if (body.length > 0) block.flow.compileBody(body, taken, after);
    // The Succeed that the Choice goes to at the block's end.
    else if (after.state === undefined) addFacts(taken, { kind: "succeed" });
  }
  if (node.otherwise) return;
  const cases = node.cases.map(({ value }) => JSON.stringify(value)).join(", ");
  addState(block, noCase, {
    Type: "Fail",
    Error: "Millrace.NoCase",
    Cause: `Flow ${block.flow.graph.name}, ${node.id}: no case fits the artifact ${node.on}. There are ${cases}; add the one that is missing, or an otherwise.`,
  });
}

/** Adds a loop: in with round 0, the body, the question, then round again or out to the position around the loop. */
export function compileLoop(node: LoopNode, block: Block, next: Entry): void {
  if (block.flow.division.chunks.has(node)) return compileChunkedLoop(node, block, next);
  const { id } = node;
  const named = (what: string): Entry => ({ state: `${id}.${what}${block.copy}` });
  const around: Block = { ...block, depth: block.depth + 1, entered: undefined };
  const inside = timesOf(around, { is: "rounds", of: node });
  const body = { Next: startOf(node.body, inside) };
  const round = "States.MathAdd($.at.k, 1)";
  addState(block, id, {
    Type: "Pass",
    Parameters: {
      "run.$": "$.run",
      at: { ...field("p", firstIndex(block)), k: 0, "out.$": "$.at" },
    },
    ...body,
  });
  block.flow.compileBody(node.body, inside, {
    ...named("while"),
    answered: { state: named("choice").state!, fields: controlFieldsOf(node) },
  });
  if (!answersItself(piecesOf(block.flow.division, node.body).at(-1))) addControlRead(inside, `${id}.while`, node);
  addChoice(inside, node, {
    rules: [{ test: { Variable: "$.c.again", BooleanEquals: true }, to: named("again") }],
    otherwise: named("leave"),
  });
  addState(timesOf(block, { is: "furtherRounds", of: node }), `${id}.again`, {
    Type: "Pass",
    Parameters: {
      "run.$": "$.run",
      at: {
        "p.$": deeperIndex(block.depth, "$.at.out.p", round),
        "k.$": round,
        "out.$": "$.at.out",
      },
    },
    ...body,
  });
  addState(block, `${id}.leave`, {
    Type: "Pass",
    Parameters: { "run.$": "$.run", "at.$": "$.at.out" },
    ...to(next),
  });
}
