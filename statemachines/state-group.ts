import type { BranchNode, ForeachNode, GraphNode, LoopNode, StepNode, SwitchNode } from "../graph/graph.ts";
import type { State } from "./asl.ts";
import { INTEGRATIONS } from "./contract/contract.ts";

/**
 * The states of a compiled flow for whoever counts them (what a run costs, which limit it meets), as plain data: each with
 * what the compiler decided of it, in groups by how often they are entered.
 */
export interface StateGroup {
  /** How often its states are entered, for each time that those of the group around it are. */
  readonly factor: Factor;
  /** Whether an execution of its own enters them: the run's, one of a machine within it, a child of a distributed Map. */
  readonly isExecution: boolean;
  readonly states: StateFacts[];
  readonly groups: StateGroup[];
}

export type Factor =
  | { readonly is: "once" }
  /** One of the branches of a Parallel, which go on side by side. */
  | { readonly is: "branch"; readonly of: BranchNode; readonly branch: number }
  /** Only where a resumed run enters there: never, in a run from its beginning. */
  | { readonly is: "resumed" }
  /** One where the foreach is wider than `above` and at most `upTo` wide, else nothing. */
  | { readonly is: "width"; readonly of: ForeachNode; readonly above: number; readonly upTo: number }
  /** Once for each child, of which so many go on at once. */
  | { readonly is: "children"; readonly of: ForeachNode; readonly atOnce: number }
  /** Once for each array job of the children. */
  | { readonly is: "arrayJobs"; readonly of: ForeachNode }
  /** The part of the times that a switch goes into the body. */
  | { readonly is: "share"; readonly of: SwitchNode; readonly body: number }
  /** Once for each round, or for each but the first. */
  | { readonly is: "rounds" | "furtherRounds"; readonly of: LoopNode }
  /**
   * Of a loop whose rounds have executions of their own (see Division): the turns of an execution, of which each takes the
   * `levels` and which has at most `upTo`; `but` fewer.
   */
  | {
      readonly is: "turns";
      readonly of: LoopNode;
      readonly levels: readonly number[];
      readonly upTo: number | undefined;
      readonly but: number;
    };

/** What a state counts as, by its type and what it integrates. */
export type Kind = "job" | "invocation" | "read" | "choice" | "pass" | "succeed" | "parallel" | "map" | "mapRun";

/** What is known of a state as it was compiled; or of what comes with one: a Map's iterations, an array job's children. */
export interface StateFacts {
  readonly kind: Kind | "iteration" | "child";
  /** The step that it carries out: one task of it, or children of a foreach. */
  readonly step?: StepNode;
  /** Where a job carries out children of a foreach: the only one, or an array of them. Each counts by itself, as a `child`. */
  readonly carries?: "child" | "array";
  /**
   * The node whose value a read gets, or an invocation works out; the one that a Choice goes by, that a Map or a Parallel
   * carries out.
   */
  readonly node?: Exclude<GraphNode, StepNode>;
}

/** Adds a group to the one around it; without one it stands by itself. */
export function addGroup(outer: StateGroup | undefined, factor: Factor, isExecution = false): StateGroup {
  const group: StateGroup = { factor, isExecution, states: [], groups: [] };
  outer?.groups.push(group);
  return group;
}

const KINDS: Readonly<Record<string, Kind>> = {
  [INTEGRATIONS.job]: "job",
  // An execution within this one is waited for as a job is.
  [INTEGRATIONS.nest]: "job",
  [INTEGRATIONS.invoke]: "invocation",
  [INTEGRATIONS.read]: "read",
};

/** Undefined for a state that is entered only where the run fails. */
export function kindOf(state: State): Kind | undefined {
  switch (state.Type) {
    case "Task":
      return KINDS[state.Resource];
    case "Map":
      return state.ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED" ? "mapRun" : "map";
    case "Choice":
      return "choice";
    case "Pass":
      return "pass";
    case "Succeed":
      return "succeed";
    case "Parallel":
      return "parallel";
    default:
      return undefined;
  }
}
