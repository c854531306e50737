import { MillraceError } from "../graph/errors.ts";
import type { Graph, GraphNode, LoopNode } from "../graph/graph.ts";
import { bodiesOf, stepsOf } from "../graph/walk.ts";
import { isArrayJob } from "./array-job.ts";
import { count, countRound, EXECUTION_EVENTS, nestedWeight, worstCase, type Counting } from "./count.ts";
import { measureDefinitions } from "./definition-bytes.ts";
import { inlineForeachs } from "./inline.ts";
import { nodesOf, piecesOf, type Division, type Piece } from "./piece.ts";

/** How much one machine may be. */
export interface MachineSize {
  /** Events in the history of an execution of it, at their most. */
  readonly events: number;
  /** Of its definition, as a text within the JSON of a request. */
  readonly bytes: number;
}

/**
 * What Step Functions allows is 25,000 events an execution and a MiB a request (developer guide, "Service quotas"); the
 * rest is for what is tried again when a service is too busy, and for an account's longer names.
 */
export const MACHINE_SIZE: MachineSize = { events: 20_000, bytes: 1_000_000 };

/** Of a sequence's machine, beyond its pieces: its start and end, a loop's turns. */
const OVERHEAD: MachineSize = { events: 20, bytes: 2_000 };

/** No node's own states take more, so that a flow of a few dozen need not be measured, which takes time as it starts. */
const NODE_BYTES = 25_000;

const divisions = new WeakMap<Graph, Division>();

/**
 * Divides a graph into what one execution each can carry out: by the graph alone, the same each time. What fits into one
 * is left as it is.
 *
 * @throws MillraceError `machine.tooLarge`
 */
export function divide(graph: Graph, size: MachineSize = MACHINE_SIZE): Division {
  const known = divisions.get(graph);
  if (known && size === MACHINE_SIZE) return known;
  const division = new Divider(graph, size).divide();
  if (size === MACHINE_SIZE) divisions.set(graph, division);
  return division;
}

/** A division while it is made, from the innermost sequences to the outermost. */
class Divider {
  readonly #graph: Graph;
  readonly #size: MachineSize;
  readonly #division = {
    sequences: new Map<readonly GraphNode[], readonly Piece[]>(),
    chunks: new Map<LoopNode, number[]>(),
  };
  readonly #counting: Counting;
  #measure: ReturnType<typeof measureDefinitions> | undefined;
  /** Whether definitions have to be looked at. */
  #isLarge = true;

  constructor(graph: Graph, size: MachineSize) {
    this.#graph = graph;
    this.#size = size;
    this.#counting = worstCase(this.#division, inlineForeachs(graph));
  }

  divide(): Division {
    const { body } = this.#graph;
    this.#isLarge =
      nodesWithin(body) * NODE_BYTES > this.#size.bytes && this.#bytes(body) > this.#size.bytes - OVERHEAD.bytes;
    this.#sequence(body);
    return this.#division;
  }

  /** Divides what stands in the sequence so that each fits into an execution, then the sequence itself. */
  #sequence(nodes: readonly GraphNode[]): void {
    for (const node of nodes) for (const inner of movable(node)) this.#sequence(inner);
    if (this.#fits(nodes)) return;
    for (const node of nodes) if (!this.#fits([node])) this.#reduce(node);
    let pieces: readonly Piece[] = nodes;
    while (!this.#fits(pieces)) {
      const next = this.#group(pieces);
      if (this.#fill(next) >= this.#fill(pieces)) throw this.#tooLarge(pieces[0]!);
      pieces = next;
    }
    if (pieces !== nodes) this.#division.sequences.set(nodes, pieces);
  }

  /** Makes a node's own states few: the sequences in it become parts, the largest first; a loop goes round elsewhere. */
  #reduce(node: GraphNode): void {
    if (node.type === "loop") this.#division.chunks.set(node, this.#chunks(node));
    else {
      const sequences = movable(node)
        .map((nodes) => ({ nodes, fill: this.#fill(piecesOf(this.#division, nodes)) }))
        .toSorted((a, b) => b.fill - a.fill);
      // Whether it is enough is asked after the first, the second, the fourth and so on, for there may be thousands.
      for (const [i, { nodes }] of sequences.entries()) {
        if (Number.isInteger(Math.log2(i + 1)) && i > 0 && this.#fits([node])) return;
        this.#division.sequences.set(nodes, [this.#part(piecesOf(this.#division, nodes))]);
      }
    }
    if (!this.#fits([node])) throw this.#tooLarge(node);
  }

  /** How many rounds fit into an execution, and how many of those into another where these are too many as well. */
  #chunks(node: LoopNode): number[] {
    const { weights } = this.#counting;
    // An execution that goes round passes in and out.
    const room = this.#size.events - EXECUTION_EVENTS - 2 * weights.pass;
    const levels = [Math.floor(room / (countRound(node, this.#counting) + weights.pass))];
    const each = nestedWeight(weights) + weights.choice + weights.pass;
    for (let turns = Math.ceil(node.max / levels[0]!); turns * each > room - OVERHEAD.events;) {
      levels.push(Math.floor(room / each));
      turns = Math.ceil(turns / levels.at(-1)!);
    }
    return levels;
  }

  /** Makes parts of the pieces, as few as there can be and of one size, as far as pieces have one. */
  #group(pieces: readonly Piece[]): Piece[] {
    const shares = pieces.map((piece) => this.#fill([piece]));
    const whole = shares.reduce((sum, share) => sum + share, 0);
    const wanted = whole / Math.ceil(whole);
    const groups: Piece[][] = [];
    let filled = Infinity;
    for (const [i, piece] of pieces.entries()) {
      if (filled >= wanted || filled + shares[i]! > 1) {
        groups.push([]);
        filled = 0;
      }
      groups.at(-1)!.push(piece);
      filled += shares[i]!;
    }
    return groups.map((group) => this.#part(group));
  }

  /** One part of the pieces; a piece that takes no more than a part does is left as it is. */
  #part(pieces: readonly Piece[]): Piece {
    const part: Piece = { type: "part", pieces };
    return pieces.length === 1 && this.#fill(pieces) <= this.#fill([part]) ? pieces[0]! : part;
  }

  #fits(pieces: readonly Piece[]): boolean {
    return this.#fill(pieces) <= 1;
  }

  /** How much of a machine they take, where 1 is the whole. */
  #fill(pieces: readonly Piece[]): number {
    const events = EXECUTION_EVENTS + count(pieces, this.#counting);
    const bytes = this.#isLarge ? this.#bytes(pieces) : 0;
    return Math.max(events / (this.#size.events - OVERHEAD.events), bytes / (this.#size.bytes - OVERHEAD.bytes));
  }

  #bytes(pieces: readonly Piece[]): number {
    this.#measure ??= measureDefinitions(this.#graph, this.#division);
    return this.#measure(pieces);
  }

  #tooLarge(piece: Piece): MillraceError {
    const [node] = nodesOf([piece]);
    const step = node && stepsOf([node])[0];
    return new MillraceError("machine.tooLarge", "it does not fit into state machines that Step Functions takes", {
      where: { flow: this.#graph.name, ...(step && { step: step.name }) },
      hint: "Make one step of several, or a foreach of many branches.",
    });
  }
}

/** The sequences in a node that may become parts; those of an array job are its children. */
function movable(node: GraphNode): readonly (readonly GraphNode[])[] {
  return node.type === "foreach" && isArrayJob(node) ? [] : bodiesOf(node).filter((nodes) => nodes.length > 0);
}

/** Nodes, and the ways that these offer. */
function nodesWithin(nodes: readonly GraphNode[]): number {
  return nodes.reduce(
    (sum, node) => bodiesOf(node).reduce((within, inner) => within + 1 + nodesWithin(inner), sum + 1),
    0,
  );
}
