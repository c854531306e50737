import type { Lineage } from "../graph/lineage.ts";
import { arrayChildIndex, TASK_ENVIRONMENT } from "../statemachines/contract/contract.ts";
import type { Job } from "./job-queue.ts";

/** The Parameters of a state that submits a job, as far as they say which tasks it has. */
export interface JobParameters {
  readonly ContainerOverrides: { readonly Environment: readonly { readonly Name: string; readonly Value: string }[] };
  readonly ArrayProperties?: { readonly Size: number };
}

/** A job that a state submits. */
export interface StateJob extends Job {
  /** The task's index; the foreach's where its children are an array. */
  readonly place: string;
  readonly isArray: boolean;
}

export function stateJob(lineage: Lineage, { ContainerOverrides, ArrayProperties }: JobParameters): StateJob {
  const env = new Map(ContainerOverrides.Environment.map(({ Name, Value }) => [Name, Value]));
  const step = env.get(TASK_ENVIRONMENT.step)!;
  const place = env.get(TASK_ENVIRONMENT.index)!;
  const attempts = Number(env.get(TASK_ENVIRONMENT.attempts) ?? 1);
  if (!ArrayProperties) return { step, place, attempts, size: 1, isArray: false, index: () => place };
  const depth = lineage.steps.get(step)!.depth - 1;
  const offset = Number(env.get(TASK_ENVIRONMENT.offset) ?? 0);
  const index = (position: number) => arrayChildIndex(place, depth, offset + position);
  return { step, place, attempts, size: ArrayProperties.Size, isArray: true, index };
}
