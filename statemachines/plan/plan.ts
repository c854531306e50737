import type { Graph } from "../../graph/graph.ts";
import { lineageOf } from "../../graph/lineage.ts";
import { compiledOf } from "../cost.ts";
import { transitionsOf } from "../tally.ts";
import { activityOf, IDLE, type Activity } from "./activity.ts";
import { limitsMet, type LimitMet } from "./limits.ts";
import { describePlace, taskPlaceOf, type ComputePlace } from "./place.ts";
import { priceLines, sumOf, type PriceLine, type Priced } from "./price.ts";
import { RUNNER_MIB, runnerMemoryMiB } from "../runner-size.ts";
import { attemptRequests, HEARTBEAT, RETRIED, runRequests } from "./requests.ts";
import { largestHistory, largestOverrides, largestPayload } from "./size.ts";
import { times, total, type Usage } from "./usage.ts";
import { visit, type Visits } from "./visits.ts";
import { waysOf, type Course, type Ways } from "./ways.ts";
import { PRICED } from "../prices.ts";

/** What one run asks of an account and what it costs there. */
export interface Plan {
  readonly flow: string;
  readonly transitions: number;
  readonly tasks: number;
  readonly usage: Usage;
  readonly largest: {
    /** Events of the longest history, bytes of the largest payload and of a job's largest overrides. */
    readonly events: number;
    readonly payloadBytes: number;
    readonly overridesBytes: number;
  };
  readonly prices: typeof PRICED;
  readonly services: readonly PriceLine[];
  readonly steps: readonly StepCost[];
  /** What belongs to no step: the machine's transitions, the run's beginning and end. */
  readonly runUsd: number;
  readonly usd: number;
  /** Soonest first. */
  readonly limits: readonly LimitMet[];
}

export interface StepCost {
  readonly step: string;
  readonly runsOn: string;
  readonly tasks: number;
  readonly attempts: number;
  /** Of all attempts together. */
  readonly seconds: number;
  readonly usd: number;
  /** False for a step on a machine of its own: what that costs depends on which one Batch finds. */
  readonly isPriced: boolean;
}

/** Minutes of a task by its step's name; of a step that is not named, `default`. */
export interface Minutes {
  readonly default: number;
  readonly steps?: Readonly<Record<string, number>>;
}

/** What a task takes where nobody says. */
export const DEFAULT_MINUTES = 1;

/** Plans one run of a flow from its beginning, in which nothing fails. */
export function plan(graph: Graph, course: Course = {}, minutes: Minutes = { default: DEFAULT_MINUTES }): Plan {
  const ways = waysOf(course);
  const visits = visit(graph, ways);
  const activity = new Map(
    Array.from(visits.steps, ([name, { step, times: tasks }]) => {
      const seconds = 60 * (minutes.steps?.[name] ?? minutes.default);
      return [name, activityOf(step.options, { tasks, seconds })];
    }),
  );
  return planOf({ graph, ways, visits, activity });
}

/** All that is known of a run: which ways it goes, how often it comes where, and what becomes of its tasks. */
export interface KnownRun {
  readonly graph: Graph;
  readonly ways: Ways;
  readonly visits: Visits;
  readonly activity: ReadonlyMap<string, Activity>;
}

export function planOf(run: KnownRun): Plan {
  const { graph, ways, visits } = run;
  const entered = transitionsOf(compiledOf(graph).run, ways);
  const parts = partsOf(run);
  const runUsage = runRequests({ lineage: lineageOf(graph), ways, visits });
  const usage = total(runUsage, ...parts.map((part) => part.usage));
  const containers = parts.reduce((sum, part) => sum + containersOf(part), 0);
  const runnerMiB = runnerMemoryMiB(graph) ?? RUNNER_MIB;
  const linesOf = (priced: Omit<Priced, "runnerMiB">) => priceLines({ ...priced, runnerMiB });
  const services = linesOf({ usage, transitions: entered, containers, running: parts });
  return {
    flow: graph.name,
    transitions: entered,
    tasks: parts.reduce((sum, part) => sum + part.activity.tasks, 0),
    usage,
    largest: {
      events: largestHistory(graph, ways),
      payloadBytes: largestPayload(graph, ways),
      overridesBytes: largestOverrides(graph, ways),
    },
    prices: PRICED,
    services,
    steps: parts.map((part) => ({
      step: part.name,
      runsOn: describePlace(part.place),
      tasks: part.activity.tasks,
      attempts: part.activity.attempts,
      seconds: part.activity.seconds,
      usd: sumOf(linesOf({ usage: part.usage, transitions: 0, containers: containersOf(part), running: [part] })),
      isPriced: part.place.type !== "gpu" && part.place.type !== "ec2",
    })),
    runUsd: sumOf(linesOf({ usage: runUsage, transitions: entered, containers: 0, running: [] })),
    usd: sumOf(services),
    limits: limitsMet(graph, ways),
  };
}

/** One step's part of a run. */
interface Part {
  readonly name: string;
  readonly place: ComputePlace;
  readonly activity: Activity;
  readonly usage: Usage;
}

function partsOf({ graph, ways, visits, activity: activities }: KnownRun): Part[] {
  const scope = { lineage: lineageOf(graph), ways, visits };
  return Array.from(visits.steps, ([name, visited]) => {
    const activity = activities.get(name) ?? IDLE;
    const { tasks, attempts, heartbeats } = activity;
    const { begin, end } = attemptRequests(scope, visited);
    const usage = total(
      { jobs: Math.min(visited.jobs, attempts) },
      times(begin, attempts),
      times(end, tasks),
      times(RETRIED, attempts - tasks),
      times(HEARTBEAT, heartbeats),
    );
    return { name, place: taskPlaceOf(visited.step.options), activity, usage };
  });
}

function containersOf({ place, activity }: Part): number {
  return place.type === "lambda" ? 0 : activity.attempts;
}
