import type { BranchNode, StepNode } from "../../graph/graph.ts";
import type { StateGroup, StateFacts } from "../state-group.ts";
import { valueAtOnce } from "../tally.ts";
import { taskPlaceOf } from "./place.ts";
import type { Ways } from "./ways.ts";

/** What a run may have going at once at most, were every task there as long as the next. */
export interface AtOnce {
  /** CPUs of containers in each queue. */
  readonly spotCpus: number;
  readonly onDemandCpus: number;
  readonly containers: number;
  /** Invocations of the runner, and of the functions that its tasks call meanwhile. */
  readonly functions: number;
  readonly mapRuns: number;
  /** SubmitJob calls that come together. */
  readonly submits: number;
  /** States that are entered together. */
  readonly entered: number;
}

const NOTHING: AtOnce = {
  spotCpus: 0,
  onDemandCpus: 0,
  containers: 0,
  functions: 0,
  mapRuns: 0,
  submits: 0,
  entered: 0,
};

/** What comes one after the other is the most of it, what goes on side by side the sum. */
export function atOnce({ states, groups }: StateGroup, ways: Ways): AtOnce {
  const branches = new Map<BranchNode, AtOnce>();
  const inner = groups.map((group) => {
    const { factor, isExecution } = group;
    const all = scaled(atOnce(group, ways), valueAtOnce(factor, ways));
    if (factor.is === "branch") branches.set(factor.of, sum(branches.get(factor.of) ?? NOTHING, all));
    // The children of a distributed Map, which is open for as long as they are.
    return factor.is === "children" && isExecution ? { ...all, mapRuns: all.mapRuns + 1 } : all;
  });
  return [...states.map(ofState), ...inner, ...branches.values()].reduce(most, NOTHING);
}

function ofState({ kind, step, carries }: StateFacts): AtOnce {
  if (kind === "iteration") return NOTHING;
  if (kind === "child") return container(step!);
  const entered = { ...NOTHING, entered: 1 };
  if (!step) return entered;
  // The runner waits while the function of the tasks answers it.
  if (kind === "invocation") return { ...entered, functions: 2 };
  return { ...(carries ? NOTHING : container(step)), submits: 1, entered: 1 };
}

function container({ options }: StepNode): AtOnce {
  const place = taskPlaceOf(options);
  if (place.type !== "fargate") return NOTHING;
  const cpus = place.isSpot ? { spotCpus: place.size.cpu } : { onDemandCpus: place.size.cpu };
  return { ...NOTHING, ...cpus, containers: 1 };
}

function most(a: AtOnce, b: AtOnce): AtOnce {
  return each((name) => Math.max(a[name], b[name]));
}

function sum(a: AtOnce, b: AtOnce): AtOnce {
  return each((name) => a[name] + b[name]);
}

function scaled(one: AtOnce, factor: number): AtOnce {
  return each((name) => one[name] * factor);
}

function each(value: (name: keyof AtOnce) => number): AtOnce {
  const names = Object.keys(NOTHING) as (keyof AtOnce)[];
  return Object.fromEntries(names.map((name) => [name, value(name)])) as unknown as AtOnce;
}
