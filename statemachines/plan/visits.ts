import type { ForeachNode, Graph, LoopNode, StepNode, SwitchNode } from "../../graph/graph.ts";
import type { ControlNode } from "../../graph/lineage.ts";
import { stepsOf } from "../../graph/walk.ts";
import { compiledOf } from "../cost.ts";
import type { Factor, StateGroup, StateFacts } from "../state-group.ts";
import { valueOf } from "../tally.ts";
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
  /** Jobs submitted for them; none where a function is invoked for each. */
  readonly jobs: number;
  readonly isInvoked: boolean;
  /** Whether its tasks are the children of array jobs. */
  readonly isArray: boolean;
}

/** A control value that the machine asks, because no step handed it on. */
export interface Question extends Here {
  readonly node: ControlNode;
  /** Worked out by the bookkeeping function; else it is read where it was written. */
  readonly isWorkedOut: boolean;
}

export interface Visits {
  readonly steps: ReadonlyMap<string, StepVisit>;
  readonly questions: readonly Question[];
  readonly mapRuns: number;
}

/** How often a run enters each of the compiled states, added up by what these carry out. Steps in the order of the text. */
export function visit(graph: Graph, ways: Ways): Visits {
  const nothing = { times: 0, within: [], cases: [], jobs: 0, isInvoked: false, isArray: false };
  const steps = new Map<string, StepVisit>(stepsOf(graph.body).map((step) => [step.name, { ...nothing, step }]));
  const questions: Question[] = [];
  let mapRuns = 0;
  const enter = ({ states, groups }: StateGroup, here: Here): void => {
    for (const facts of states) {
      const { kind, step, node } = facts;
      if (step) steps.set(step.name, carriedOut(steps.get(step.name)!, facts, here));
      else if (kind === "mapRun") mapRuns += here.times;
      else if ((kind === "read" || kind === "invocation") && here.times > 0)
        questions.push({ ...here, node: node as ControlNode, isWorkedOut: kind === "invocation" });
    }
    for (const group of groups) enter(group, inside(here, group.factor, ways));
  };
  enter(compiledOf(graph).run, { times: 1, within: [], cases: [] });
  return { steps, questions, mapRuns };
}

/** With what a state adds to it: a step may stand in the machine twice, once for each way to run a foreach around it. */
function carriedOut(before: StepVisit, { kind, carries }: StateFacts, here: Here): StepVisit {
  const { times, within, cases } = here;
  if (carries)
    return { ...before, jobs: before.jobs + times, isArray: before.isArray || (carries === "array" && times > 0) };
  return {
    ...before,
    within,
    cases,
    times: before.times + times,
    jobs: before.jobs + (kind === "job" ? times : 0),
    isInvoked: kind === "invocation",
  };
}

function inside({ times, within, cases }: Here, factor: Factor, ways: Ways): Here {
  const here = { times: times * valueOf(factor, ways), within, cases };
  switch (factor.is) {
    case "share":
      return { ...here, cases: [...cases, { node: factor.of, body: factor.body }] };
    case "children":
    case "rounds":
      return { ...here, within: [...within, factor.of] };
    case "turns":
      // A loop's turns are divided on several levels.
      return within.at(-1) === factor.of ? here : { ...here, within: [...within, factor.of] };
    default:
      return here;
  }
}
