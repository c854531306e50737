import type { JsonObject, LoopNode } from "../graph/graph.ts";
import type { DataTest, StateMachine, TaskState, Transition } from "./asl.ts";
import {
  addChoice,
  addState,
  answersItself,
  deeperIndex,
  END,
  field,
  firstIndex,
  innerBlock,
  timesOf,
  to,
  type Block,
  type Entry,
  type FlowContext,
} from "./block.ts";
import { INTEGRATIONS } from "./contract/contract.ts";
import { SECRET_PATH } from "./contract/start-proof.ts";
import { addControlRead, controlFieldsOf, pickFields } from "./control.ts";
import { addEnter, enterable } from "./enter.ts";
import { entryOf, startOf } from "./entry.ts";
import { partName, piecesOf, type Part, type Piece } from "./piece.ts";
import { nestRetry } from "./contract/retries.ts";
import { addGroup, type StateGroup } from "./state-group.ts";

/**
 * Adds the state that has an execution of another machine and waits for its end; if this one is stopped, so is that. What
 * fails there fails here, for what is caught is caught where it stands.
 */
function addExecution(
  block: Block,
  name: string,
  { machine, ...rest }: { readonly machine: string } & Pick<TaskState, "ResultSelector" | "ResultPath"> & Transition,
): void {
  addState(block, name, {
    Type: "Task",
    Resource: INTEGRATIONS.nest,
    Parameters: {
      StateMachineArn: machine,
      Input: {
        "run.$": "$.run",
        "at.$": "$.at",
        "secret.$": SECRET_PATH,
        ...(block.entered && { "enter.$": "$$.Execution.Input.enter" }),
        // By this name Step Functions shows the one with the other.
        "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id",
      },
    },
    Retry: nestRetry,
    ...rest,
  });
}

interface MachineOptions {
  readonly comment: string;
  readonly depth: number;
  readonly isEntered: boolean;
  /** What is told of its executions. */
  readonly group: StateGroup;
}

/** Compiles a sequence of pieces to a machine that begins and ends with it. */
export function compileMachine(
  pieces: readonly Piece[],
  flow: FlowContext,
  { comment, depth, isEntered, group }: MachineOptions,
): StateMachine {
  const entered = isEntered ? enterable(pieces) : undefined;
  const block: Block = { flow, depth, copy: "", entered, states: {}, group };
  const StartAt = addEnter(block, entryOf(pieces[0]!, block).state!);
  flow.compilePieces(pieces, block, END);
  return { Comment: comment, StartAt, States: block.states };
}

/** Adds a part: its states are a machine of their own. */
export function compilePart(part: Part, block: Block, next: Entry): void {
  const { flow, depth, entered } = block;
  const comment = `A part of flow ${flow.graph.name}`;
  const machine = flow.nest(() => {
    const group = addGroup(block.group, { is: "once" }, true);
    return compileMachine(part.pieces, flow, { comment, depth, isEntered: !!entered, group });
  });
  addExecution(block, partName(part), { machine, ResultPath: null, ...to(next) });
}

/** The states of a loop that is carried out in chunks, of each level; chunks are executions of the machine of the level below. */
interface Turns {
  readonly node: LoopNode;
  readonly block: Block;
  /** The block as often as it goes round, and as often as it does so again. */
  readonly turn: Block;
  readonly further: Block;
  readonly named: (what: string) => string;
}

/**
 * Adds a loop whose rounds would be too many for one execution: here it goes round the chunks of the highest level. An
 * execution of a chunk answers whether the loop goes on, and then where: `{ again, p, k }`.
 */
export function compileChunkedLoop(node: LoopNode, block: Block, next: Entry): void {
  const levels = block.flow.division.chunks.get(node)!;
  const turns = turnsOf(node, { ...block, entered: undefined }, { levels });
  addState(block, node.id, {
    Type: "Pass",
    Parameters: { "run.$": "$.run", at: { ...field("p", firstIndex(block)), k: 0, "out.$": "$.at" } },
    Next: turns.named("chunk"),
  });
  addChunk(turns, machineOf(node, turns.turn, levels));
  const again = { test: { Variable: "$.c.again", BooleanEquals: true }, to: { state: turns.named("again") } };
  addChoice(turns.turn, node, { rules: [again], otherwise: { state: turns.named("leave") } });
  addState(turns.further, `${node.id}.again`, passOn({ "p.$": "$.c.p", "k.$": "$.c.k" }, {}, turns.named("chunk")));
  addState(block, `${node.id}.leave`, {
    Type: "Pass",
    Parameters: { "run.$": "$.run", "at.$": "$.at.out" },
    ...to(next),
  });
}

/** `levels` are those of one turn; no more than `upTo` are in one execution. */
function turnsOf(
  node: LoopNode,
  block: Block,
  { levels, upTo }: { readonly levels: readonly number[]; readonly upTo?: number | undefined },
): Turns {
  const turns = { is: "turns", of: node, levels, upTo } as const;
  return {
    node,
    block,
    turn: timesOf(block, { ...turns, but: 0 }),
    further: timesOf(block, { ...turns, but: 1 }),
    named: (what) => `${node.id}.${what}${block.copy}`,
  };
}

/** The machine of the last of the levels: it goes round at most so many times and answers where it has come to. */
function machineOf(node: LoopNode, outer: Block, levels: readonly number[]): string {
  const { flow, depth } = outer;
  return flow.nest((): StateMachine => {
    const block: Block = { ...innerBlock(outer, depth, ""), group: addGroup(outer.group, { is: "once" }, true) };
    const below = levels.slice(0, -1);
    const turns = turnsOf(node, block, { levels: below, upTo: levels.at(-1) });
    const rounds = levels.reduce((product, each) => product * each, 1);
    addState(block, node.id, {
      Type: "Pass",
      Parameters: {
        "run.$": "$.run",
        at: { ...pickFields("$.at", ["p", "k", "out"]), "until.$": `States.MathAdd($.at.k, ${rounds - 1})` },
      },
      Next: below.length > 0 ? turns.named("chunk") : startOf(node.body, block),
    });
    if (below.length > 0) addChunks(turns, machineOf(node, turns.turn, below));
    else addRounds(turns);
    addState(block, `${node.id}.done`, { Type: "Pass", Result: { again: false, p: "", k: 0 }, End: true });
    return { Comment: `Rounds of a loop of flow ${flow.graph.name}`, StartAt: node.id, States: block.states };
  });
}

function addRounds(turns: Turns): void {
  const { node, block, named } = turns;
  const { flow, depth } = block;
  const inside: Block = { ...turns.turn, depth: depth + 1 };
  const round = "States.MathAdd($.at.k, 1)";
  const next = { "p.$": deeperIndex(depth, "$.at.out.p", round), "k.$": round };
  flow.compileBody(node.body, inside, {
    state: named("while"),
    answered: { state: named("choice"), fields: controlFieldsOf(node) },
  });
  if (!answersItself(piecesOf(flow.division, node.body).at(-1))) addControlRead(inside, `${node.id}.while`, node);
  const isWithin = { Variable: "$.at.k", NumericLessThanPath: "$.at.until" };
  addTurn(turns, isWithin, { at: next, start: startOf(node.body, inside) });
}

function addChunks(turns: Turns, machine: string): void {
  const next = { "p.$": "$.c.p", "k.$": "$.c.k" };
  addChunk(turns, machine);
  const isWithin = { Variable: "$.c.k", NumericLessThanEqualsPath: "$.at.until" };
  addTurn(turns, isWithin, { at: next, start: turns.named("chunk") });
}

function addChunk({ node, turn, named }: Turns, machine: string): void {
  addExecution(turn, `${node.id}.chunk`, {
    machine,
    ResultSelector: pickFields("$.Output", ["again", "p", "k"]),
    ResultPath: "$.c",
    Next: named("choice"),
  });
}

/** Adds the Choice after a turn: once more while this execution may, else the answer where the next one begins. */
function addTurn(
  { node, block, turn, further, named }: Turns,
  isWithin: DataTest,
  next: { readonly at: JsonObject; readonly start: string },
): void {
  const again = { Variable: "$.c.again", BooleanEquals: true };
  addChoice(turn, node, {
    rules: [
      { test: { And: [again, isWithin] }, to: { state: named("again") } },
      { test: again, to: { state: named("more") } },
    ],
    otherwise: { state: named("done") },
  });
  addState(further, `${node.id}.again`, passOn(next.at, { "until.$": "$.at.until" }, next.start));
  // An execution ends here or where it is done, which has been counted.
  block.states[named("more")] = { Type: "Pass", Parameters: { again: true, ...next.at }, End: true };
}

function passOn(next: JsonObject, kept: JsonObject, Next: string) {
  return {
    Type: "Pass" as const,
    Parameters: { "run.$": "$.run", at: { ...next, "out.$": "$.at.out", ...kept } },
    Next,
  };
}
