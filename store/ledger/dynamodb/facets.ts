import { padded, runsOf } from "./keys.ts";
import type { Key } from "./table.ts";
import type { Run, RunQuery } from "../ledger.ts";
import type { RunKey } from "../../../graph/run-name.ts";

/**
 * The lists that a run stands in: within its flow by number, over all flows by time; each also by namespace, by status
 * and by each of its tags. In its flow's own list the run itself stands; in the others a pointer to it, so that no copy
 * grows old.
 */
export interface Facet {
  readonly pk: string;
  /** Whether the runs themselves stand in it. */
  readonly isWhole: boolean;
}

/** The list that comes closest to what is asked for; what else is asked must be looked at in each run. */
export function facetFor({ flow, tag, namespace, status }: RunQuery): Facet {
  const of = flow === undefined ? "runs" : runsOf(flow);
  if (tag !== undefined) return { pk: `${of}#tag=${tag}`, isWhole: false };
  if (namespace !== undefined) return { pk: `${of}#namespace=${namespace}`, isWhole: false };
  if (status !== undefined) return { pk: `${of}#status=${status}`, isWhole: false };
  return { pk: of, isWhole: flow !== undefined };
}

/** Where the pointers to a run stand. */
export function pointersTo(run: Pick<Run, "flow" | "run" | "createdAt" | "namespace" | "status" | "tags">): Key[] {
  const kinds = [`namespace=${run.namespace}`, `status=${run.status}`, ...run.tags.map((tag) => `tag=${tag}`)];
  const time = timeKey(run.createdAt, run);
  return [
    { pk: "runs", sk: time },
    ...kinds.flatMap((kind) => [
      { pk: `runs#${kind}`, sk: time },
      { pk: `${runsOf(run.flow)}#${kind}`, sk: padded(run.run) },
    ]),
  ];
}

/** A place in a list over all flows. */
export function timeKey(createdAt: number, { flow, run }: RunKey): string {
  return `${padded(createdAt)}#${flow}#${padded(run)}`;
}

export function parseTimeKey(key: string): [createdAt: number, flow: string, run: number] {
  const [createdAt, flow = "", run] = key.split("#");
  return [Number(createdAt), flow, Number(run)];
}
