import type { ForeachNode, Graph, GraphNode, LoopNode, StepNode, SwitchNode } from "../../graph/graph.ts";
import type { ControlNode } from "../../graph/lineage.ts";
import { bodiesOf } from "../../graph/walk.ts";
import { answersItself } from "../block.ts";
import { isArrayJob } from "../count.ts";
import { divide } from "../divide.ts";
import { inlineForeachs } from "../inline.ts";
import { LIMITS } from "../limits.ts";
import { piecesOf, type Piece } from "../piece.ts";
import type { Ways } from "./ways.ts";

/** How often a run comes by a place of the graph, and what that place stands in, outermost first. */
export interface Here {
  readonly times: number;
  readonly within: readonly (ForeachNode | LoopNode)[];
  readonly cases: readonly { readonly node: SwitchNode; readonly body: number }[];
}

/** A step: its `times` are its tasks. */
export interface StepVisit extends Here {
  readonly step: StepNode;
  /** Jobs submitted for them. */
  readonly jobs: number;
  /** The foreach whose children are one array job. */
  readonly array?: ForeachNode;
  /** The foreach that it joins, or a branch's bodies. */
  readonly joins?: ForeachNode | "branches";
}

/** A control value that the machine asks, because no step handed it on. */
export interface Question extends Here {
  readonly node: ControlNode;
}

export interface Visits {
  readonly steps: ReadonlyMap<string, StepVisit>;
  readonly questions: readonly Question[];
  readonly mapRuns: number;
}

/** Goes along the graph as the machine does, and counts by how often it comes where. */
export function visit(graph: Graph, ways: Ways): Visits {
  const inline = inlineForeachs(graph);
  const division = divide(graph);
  const steps = new Map<string, StepVisit>();
  const questions: Question[] = [];
  let mapRuns = 0;

  const stepAt = (step: StepNode, here: Here, more: Partial<StepVisit> = {}) => {
    const jobs = step.options.compute === "lambda" ? 0 : here.times;
    steps.set(step.name, { ...here, step, jobs, ...more });
  };
  const sequence = (nodes: readonly GraphNode[], here: Here) => pieces(piecesOf(division, nodes), here);
  const pieces = (all: readonly Piece[], here: Here) =>
    all.forEach((piece, i) => one(piece, here, answersItself(all[i - 1])));
  const one = (node: Piece, here: Here, isAnswered: boolean) => {
    if ((node.type === "foreach" || node.type === "switch") && !isAnswered) questions.push({ ...here, node });
    switch (node.type) {
      case "part":
        return pieces(node.pieces, here);
      case "step":
        return stepAt(node, here);
      case "foreach": {
        const width = ways.width(node);
        const inside = { ...here, times: here.times * width, within: [...here.within, node] };
        if (isArrayJob(node)) {
          const jobs = here.times * Math.ceil(width / LIMITS.arrayJobMaxSize);
          stepAt(node.body[0] as StepNode, inside, { jobs, array: node });
        } else {
          if (isMapRun(width, inline.has(node))) mapRuns += here.times;
          sequence(node.body, inside);
        }
        return stepAt(node.join, here, { joins: node });
      }
      case "branch":
        for (const { body } of node.branches) sequence(body, here);
        return stepAt(node.join, here, { joins: "branches" });
      case "switch":
        return bodiesOf(node).forEach((nodes, body) =>
          sequence(nodes, {
            ...here,
            times: here.times * ways.share(node, body),
            cases: [...here.cases, { node, body }],
          }),
        );
      case "loop": {
        const rounds = ways.rounds(node);
        const inside = { ...here, times: here.times * rounds, within: [...here.within, node] };
        sequence(node.body, inside);
        if (!answersItself(piecesOf(division, node.body).at(-1))) questions.push({ ...inside, node });
      }
    }
  };
  sequence(graph.body, { times: 1, within: [], cases: [] });
  return { steps, questions, mapRuns };
}

/** Whether a foreach of that width that is no array job is a distributed Map; of an average width too. */
export function isMapRun(width: number, hasInline: boolean): boolean {
  return width > 0 && !(hasInline && width <= LIMITS.inlineMapConcurrency);
}
