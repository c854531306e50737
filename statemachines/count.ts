import type { ForeachNode, GraphNode, LoopNode, StepNode, StepOptions, SwitchNode } from "../graph/graph.ts";
import { bodiesOf } from "../graph/walk.ts";
import { answersItself } from "./block.ts";
import { isArrayJob } from "./array-job.ts";
import { LIMITS } from "./limits.ts";
import { piecesOf, type Division, type Piece } from "./piece.ts";
import { retriesOf } from "./contract/retries.ts";

/**
 * Bounds the events of one execution of a sequence of nodes before there is a machine, by what each kind of state counts
 * for. It can't be read from compiled states: what it decides (which foreachs are inline Maps, what becomes a machine of its
 * own) is what the compiler goes by, and dividing asks it of thousands of sequences that never become a machine. Nothing
 * else counts by it: what a run enters is counted on the compiled states (state-group.ts, tally.ts), and
 * test/divided-machines.test.ts holds the two together.
 */
export interface Counting {
  readonly weights: Weights;
  readonly width: (node: ForeachNode) => number;
  readonly rounds: (node: LoopNode) => number;
  /** Which of the counts it is: those of the cases in their order, then that of otherwise. */
  readonly chosen: (node: SwitchNode, counts: readonly number[]) => number;
  readonly isInline: (node: ForeachNode) => boolean;
  /** What a step adds by failing as often as it may; nothing unless given. */
  readonly failing?: (options: StepOptions) => number;
  /** Into which executions; into one unless given. */
  readonly division?: Division;
}

export interface Weights {
  readonly job: number;
  readonly invocation: number;
  /** Getting a control value. */
  readonly read: number;
  readonly choice: number;
  readonly pass: number;
  readonly succeed: number;
  readonly parallel: number;
  readonly map: number;
  /** An iteration itself, whatever happens in it. */
  readonly iteration: number;
  readonly mapRun: number;
}

/** `isEnd`: nothing comes after the pieces in their block, so that a Choice there goes to a Succeed. */
export function count(pieces: readonly Piece[], counting: Counting, isEnd = true): number {
  return pieces.reduce(
    (sum, piece, i) =>
      sum +
      countPiece(piece, counting, {
        isAnswered: answersItself(pieces[i - 1]),
        isEnd: isEnd && i === pieces.length - 1,
      }),
    0,
  );
}

/** Where a piece stands: after what answers its question, and at the end of its block. */
interface PiecePlace {
  readonly isAnswered: boolean;
  readonly isEnd: boolean;
}

function countPiece(node: Piece, counting: Counting, { isAnswered, isEnd }: PiecePlace): number {
  const { weights } = counting;
  const question = (isAnswered ? 0 : weights.read) + weights.choice;
  const body = (nodes: readonly GraphNode[], isLast?: boolean) =>
    count(piecesOf(counting.division ?? UNDIVIDED, nodes), counting, isLast);
  switch (node.type) {
    case "part":
      return nestedWeight(weights);
    case "step":
      return countStep(node, counting);
    case "foreach":
      return question + countChildren(node, counting) + countPiece(node.join, counting, { isAnswered: false, isEnd });
    case "branch":
      return (
        weights.parallel +
        node.branches.reduce((sum, branch) => sum + body(branch.body), 0) +
        countPiece(node.join, counting, { isAnswered: false, isEnd })
      );
    case "switch": {
      const counts = bodiesOf(node).map((nodes) =>
        nodes.length > 0 ? body(nodes, isEnd) : isEnd ? weights.succeed : 0,
      );
      return question + counting.chosen(node, counts);
    }
    case "loop":
      return countLoop(node, counting);
  }
}

function countStep({ options }: StepNode, { weights, failing }: Counting): number {
  const isLambda = options.compute === "lambda";
  return (isLambda ? weights.invocation : weights.job) + (failing?.(options) ?? 0);
}

/** Whatever goes round passes in, again before each further turn, and out. */
function countLoop(node: LoopNode, counting: Counting): number {
  const { weights, division = UNDIVIDED } = counting;
  const levels = division.chunks.get(node) ?? [];
  const turns = levels.reduce((all, each) => Math.ceil(all / each), counting.rounds(node));
  const each = levels.length > 0 ? nestedWeight(weights) + weights.choice : countRound(node, counting);
  return turns * each + (turns + 1) * weights.pass;
}

/** One round, without the pass to the next. */
export function countRound(node: LoopNode, counting: Counting): number {
  const { weights, division = UNDIVIDED } = counting;
  const pieces = piecesOf(division, node.body);
  return count(pieces, counting, false) + (answersItself(pieces.at(-1)) ? 0 : weights.read) + weights.choice;
}

function countChildren(node: ForeachNode, counting: Counting): number {
  const { weights } = counting;
  const width = counting.width(node);
  if (width === 0) return 0;
  if (isArrayJob(node)) {
    const jobs = Math.ceil(width / LIMITS.arrayJobMaxSize);
    return jobs === 1 ? weights.job : weights.map + jobs * (weights.iteration + weights.job);
  }
  if (width > LIMITS.inlineMapConcurrency || !counting.isInline(node)) return weights.mapRun;
  const child = count(piecesOf(counting.division ?? UNDIVIDED, node.body), counting);
  return weights.map + width * (weights.iteration + child);
}

/**
 * Events that each kind of state adds to an execution's history, no retry counted: entered and exited, and what a task
 * or a Map adds in between. Step Functions API reference, "HistoryEvent".
 */
export const EVENTS: Weights = {
  job: 6,
  invocation: 5,
  read: 5,
  choice: 2,
  pass: 2,
  succeed: 2,
  parallel: 4,
  map: 4,
  iteration: 2,
  mapRun: 5,
};

/** The start and the end of an execution. */
export const EXECUTION_EVENTS = 2;

const UNDIVIDED: Division = { sequences: new Map(), chunks: new Map() };

/** An execution within this one is waited for as a job is. */
export function nestedWeight({ job }: Weights): number {
  return job;
}

/** Events of an execution that goes the longest way; a foreach is one array job, or has executions of its own. */
export function mostEvents(nodes: readonly GraphNode[]): number {
  return (
    EXECUTION_EVENTS +
    count(nodes, {
      weights: EVENTS,
      width: () => LIMITS.arrayJobMaxSize,
      rounds: ({ max }) => max,
      chosen: (_, counts) => Math.max(...counts),
      isInline: () => false,
    })
  );
}

/**
 * How the events of one execution are counted at their most: every way the longest, every foreach as wide as adds most
 * (of array jobs one), every step failing as often as it may.
 */
export function worstCase(division: Division, inline: ReadonlySet<ForeachNode>): Counting {
  return {
    weights: EVENTS,
    width: (node) => (isArrayJob(node) ? LIMITS.arrayJobMaxSize : LIMITS.inlineMapConcurrency),
    rounds: ({ max }) => max,
    chosen: (_, counts) => Math.max(...counts),
    isInline: (node) => inline.has(node),
    failing: (options) =>
      // A retry is a failure, then scheduled and started; a caught failure is recorded by an invocation. Batch
      // retries by itself.
      (options.compute === "lambda" ? 3 * retriesOf(options) : 0) + (options.catch ? EVENTS.invocation : 0),
    division,
  };
}
