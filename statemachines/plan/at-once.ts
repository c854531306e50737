import type { Graph, GraphNode, StepNode } from "../../graph/graph.ts";
import { bodiesOf } from "../../graph/walk.ts";
import { isArrayJob } from "../count.ts";
import { inlineForeachs, mapRunConcurrency } from "../inline.ts";
import { LIMITS } from "../limits.ts";
import { taskPlaceOf } from "./place.ts";
import { isMapRun } from "./visits.ts";
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
  entered: 1,
};

export function atOnce(graph: Graph, ways: Ways): AtOnce {
  const inline = inlineForeachs(graph);
  const sequence = (nodes: readonly GraphNode[]): AtOnce => nodes.map(one).reduce(most, NOTHING);
  const one = (node: GraphNode): AtOnce => {
    switch (node.type) {
      case "step":
        return task(node);
      case "foreach": {
        const width = ways.width(node);
        if (isArrayJob(node)) {
          const jobs = Math.ceil(width / LIMITS.arrayJobMaxSize);
          const children = scaled(task(node.body[0] as StepNode), width);
          return most({ ...children, submits: jobs, entered: jobs }, task(node.join));
        }
        const isOwn = isMapRun(width, inline.has(node));
        const most1 = isOwn
          ? mapRunConcurrency(node)
          : Math.min(node.concurrency ?? LIMITS.inlineMapConcurrency, LIMITS.inlineMapConcurrency);
        const children = scaled(sequence(node.body), Math.min(width, most1));
        return most({ ...children, mapRuns: children.mapRuns + (isOwn ? 1 : 0) }, task(node.join));
      }
      case "branch":
        return most(
          node.branches.map(({ body }) => sequence(body)).reduce(sum, { ...NOTHING, entered: 0 }),
          task(node.join),
        );
      case "switch":
        return bodiesOf(node)
          .filter((_, body) => ways.share(node, body) > 0)
          .map(sequence)
          .reduce(most, NOTHING);
      case "loop":
        return sequence(node.body);
    }
  };
  return sequence(graph.body);
}

function task({ options }: StepNode): AtOnce {
  const place = taskPlaceOf(options);
  // The runner waits while the function of the tasks answers it.
  if (place.type === "lambda") return { ...NOTHING, functions: 2 };
  if (place.type !== "fargate") return { ...NOTHING, submits: 1 };
  const cpus = place.isSpot ? { spotCpus: place.size.cpu } : { onDemandCpus: place.size.cpu };
  return { ...NOTHING, ...cpus, containers: 1, submits: 1 };
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
