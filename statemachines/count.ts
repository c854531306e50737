import type { ForeachNode, GraphNode, LoopNode, SwitchNode } from "../sdk/graph/graph.ts";
import { answersItself } from "./block.ts";
import { LIMITS } from "./limits.ts";

/**
 * Counts what one run of a sequence of nodes adds up to, by what each kind of state counts for and by what the run's
 * values are. It goes along the graph as the compiler does; test/machines.test.ts holds the two together.
 */
export interface Counting {
  readonly weights: Weights;
  readonly width: (node: ForeachNode) => number;
  readonly rounds: (node: LoopNode) => number;
  /** Which of the counts it is: those of the cases in their order, then that of otherwise. */
  readonly chosen: (node: SwitchNode, counts: readonly number[]) => number;
  readonly isInline: (node: ForeachNode) => boolean;
  /** Whether what a distributed Map's children count is added, or is their own. */
  readonly childrenIncluded: boolean;
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

/** `isEnd`: nothing comes after the sequence in its block, so that a Choice there goes to a Succeed. */
export function count(nodes: readonly GraphNode[], counting: Counting, isEnd = true): number {
  return nodes.reduce(
    (sum, node, i) => sum + countNode(node, counting, answersItself(nodes[i - 1]), isEnd && i === nodes.length - 1),
    0,
  );
}

function countNode(node: GraphNode, counting: Counting, isAnswered: boolean, isEnd: boolean): number {
  const { weights } = counting;
  const step = (lambda: boolean) => (lambda ? weights.invocation : weights.job);
  const question = (isAnswered ? 0 : weights.read) + weights.choice;
  switch (node.type) {
    case "step":
      return step(node.options.compute === "lambda");
    case "foreach":
      return question + countChildren(node, counting) + countNode(node.join, counting, false, isEnd);
    case "branch":
      return (
        weights.parallel +
        node.branches.reduce((sum, { body }) => sum + count(body, counting), 0) +
        countNode(node.join, counting, false, isEnd)
      );
    case "switch": {
      const bodies = [...node.cases.map(({ body }) => body), ...(node.otherwise ? [node.otherwise] : [])];
      const counts = bodies.map((body) =>
        body.length > 0 ? count(body, counting, isEnd) : isEnd ? weights.succeed : 0,
      );
      return question + counting.chosen(node, counts);
    }
    case "loop": {
      const rounds = counting.rounds(node);
      const asked = answersItself(node.body.at(-1)) ? 0 : weights.read;
      const round = count(node.body, counting, false) + asked + weights.choice;
      // In, again before each further round, and out.
      return rounds * round + (rounds + 1) * weights.pass;
    }
  }
}

function countChildren(node: ForeachNode, counting: Counting): number {
  const { weights } = counting;
  const width = counting.width(node);
  if (width === 0) return 0;
  if (isArrayJob(node)) {
    const jobs = Math.ceil(width / LIMITS.arrayJobMaxSize);
    return jobs === 1 ? weights.job : weights.map + jobs * (weights.iteration + weights.job);
  }
  const child = () => count(node.body, counting);
  if (width <= LIMITS.inlineMapConcurrency && counting.isInline(node))
    return weights.map + width * (weights.iteration + child());
  return weights.mapRun + (counting.childrenIncluded ? width * child() : 0);
}

/** Whether the foreach is a job array: its body is one step on Batch, and nothing bounds how many run at once. */
export function isArrayJob({ body, concurrency }: ForeachNode): boolean {
  const [step, ...rest] = body;
  return step?.type === "step" && rest.length === 0 && step.options.compute !== "lambda" && concurrency === undefined;
}

/**
 * Events that each kind of state adds to an execution's history, no retry counted: entered and exited, and what a task
 * or a Map tells in between. Step Functions API reference, "HistoryEvent".
 */
const EVENTS: Weights = {
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
const EXECUTION_EVENTS = 2;

/** Events of an execution that goes the shortest way: no children, one round, the shortest case. */
export function leastEvents(nodes: readonly GraphNode[]): number {
  return (
    EXECUTION_EVENTS +
    count(nodes, {
      weights: EVENTS,
      width: () => 0,
      rounds: () => 1,
      chosen: (_, counts) => Math.min(...counts),
      isInline: () => false,
      childrenIncluded: false,
    })
  );
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
      childrenIncluded: false,
    })
  );
}
