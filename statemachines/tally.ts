import { LIMITS } from "./limits.ts";
import type { Ways } from "./plan/ways.ts";
import type { Factor, Kind, StateGroup, StateFacts } from "./state-group.ts";

/**
 * State transitions of one run, those of executions within its own too: each state that is entered is one. A whole number,
 * though turns are divided among executions and widths may be averages.
 */
export function transitionsOf(run: StateGroup, ways: Ways): number {
  return Math.round(transitionsIn(run, ways));
}

function transitionsIn({ states, groups }: StateGroup, ways: Ways): number {
  return groups.reduce(
    (sum, group) => sum + multiplied(valueOf(group.factor, ways), () => transitionsIn(group, ways)),
    states.filter(isState).length,
  );
}

/** Iterations and children come with a state that is counted itself. */
export function isState(facts: StateFacts): facts is StateFacts & { readonly kind: Kind } {
  return facts.kind !== "iteration" && facts.kind !== "child";
}

/** The executions that a run has at all, its own first. */
export function* executionsIn(group: StateGroup, ways: Ways): Generator<StateGroup> {
  if (group.isExecution) yield group;
  for (const inner of group.groups) if (valueOf(inner.factor, ways) > 0) yield* executionsIn(inner, ways);
}

/** What the states that one such execution enters add up to, by what each kind counts for; the fullest of its kind. */
export function weigh(
  { states, groups }: StateGroup,
  weights: Readonly<Record<Exclude<StateFacts["kind"], "child">, number>>,
  ways: Ways,
): number {
  return groups.reduce(
    (sum, group) =>
      group.isExecution ? sum : sum + multiplied(valueOf(group.factor, ways, true), () => weigh(group, weights, ways)),
    states.reduce((sum, { kind }) => sum + (kind === "child" ? 0 : weights[kind]), 0),
  );
}

function multiplied(factor: number, amount: () => number): number {
  return factor === 0 ? 0 : factor * amount();
}

/** How often the states of a group are entered for once that those around it are. */
export function valueOf(factor: Factor, ways: Ways, isFullest = false): number {
  switch (factor.is) {
    case "once":
    case "branch":
      return 1;
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

/** How many of a group go on at once for one of those around it: what comes one after the other is one. */
export function valueAtOnce(factor: Factor, ways: Ways): number {
  switch (factor.is) {
    case "children":
      return Math.min(ways.width(factor.of), factor.atOnce);
    case "share":
      return ways.share(factor.of, factor.body) > 0 ? 1 : 0;
    case "rounds":
    case "furtherRounds":
    case "turns":
      return 1;
    default:
      return valueOf(factor, ways);
  }
}
