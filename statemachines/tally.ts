import type { ForeachNode, LoopNode, SwitchNode } from "../graph/graph.ts";
import type { State } from "./asl.ts";
import { INTEGRATIONS } from "./contract/contract.ts";
import { LIMITS } from "./limits.ts";
import type { Ways } from "./plan/ways.ts";

/** What the entries of a compiled machine's states are multiplied by, as the graph has it at the place where they stand. */
export type Factor =
  /** Only where a resumed run enters there: never, in a run from its beginning. */
  | { readonly is: "resumed" }
  /** One where the foreach is wider than `above` and at most `upTo` wide, else nothing. */
  | { readonly is: "width"; readonly of: ForeachNode; readonly above: number; readonly upTo: number }
  /** Once for each child, or for each array job of them. */
  | { readonly is: "children" | "arrayJobs"; readonly of: ForeachNode }
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

/** A state as it was compiled, or the iterations of a Map, and how often an execution comes by where nothing fails. */
export interface Entered {
  readonly kind: Kind | "iteration";
  readonly times: readonly Factor[];
}

/** An execution of a flow's machines: the run's own, one of a machine within it, a child of a distributed Map. */
export interface ExecutionStates {
  /** How many of it a run has. */
  readonly starts: readonly Factor[];
  readonly entered: Entered[];
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

/**
 * State transitions of one run, those of executions within its own too: each state that is entered is one. A whole number,
 * though turns are divided among executions and widths may be averages.
 */
export function transitionsOf(executions: readonly ExecutionStates[], ways: Ways): number {
  const transitions = ({ kind, times }: Entered) => (kind === "iteration" ? 0 : product(times, ways));
  const all = executions.reduce(
    (sum, { starts, entered }) =>
      sum + product(starts, ways) * entered.reduce((inner, one) => inner + transitions(one), 0),
    0,
  );
  return Math.round(all);
}

/** What the states that one such execution enters add up to, by what each kind counts for; the fullest of its kind. */
export function weigh(
  { entered }: ExecutionStates,
  weights: Readonly<Record<Entered["kind"], number>>,
  ways: Ways,
): number {
  return entered.reduce((sum, { kind, times }) => sum + weights[kind] * product(times, ways, true), 0);
}

/** Whether a run has such an execution at all. */
export function isStarted({ starts }: ExecutionStates, ways: Ways): boolean {
  return product(starts, ways) > 0;
}

function product(factors: readonly Factor[], ways: Ways, isFullest = false): number {
  return factors.reduce((whole, factor) => (whole === 0 ? 0 : whole * valueOf(factor, ways, isFullest)), 1);
}

function valueOf(factor: Factor, ways: Ways, isFullest: boolean): number {
  switch (factor.is) {
    case "resumed":
      return 0;
    case "width": {
      const width = ways.width(factor.of);
      return width > factor.above && width <= factor.upTo ? 1 : 0;
    }
    case "children":
      return ways.width(factor.of);
    case "arrayJobs":
      return Math.ceil(ways.width(factor.of) / LIMITS.arrayJobMaxSize);
    case "share":
      return ways.share(factor.of, factor.body);
    case "rounds":
      return ways.rounds(factor.of);
    case "furtherRounds":
      return ways.rounds(factor.of) - 1;
    case "turns": {
      const { of, levels, upTo = Infinity, but } = factor;
      const turns = levels.reduce((all, each) => Math.ceil(all / each), ways.rounds(of));
      const executions = Math.max(1, Math.ceil(turns / upTo));
      return (isFullest ? Math.min(upTo, turns) : turns / executions) - but;
    }
  }
}
