import type { JsonObject } from "../graph/graph.ts";
import type { Lineage } from "../graph/lineage.ts";
import type { TaskError } from "../graph/task-error.ts";
import { arrayChildIndex, TASK_ENVIRONMENT } from "../statemachines/contract/contract.ts";
import { TaskFailure } from "./asl/errors.ts";

/** A job as AWS Batch has it: one task, or an array of as many as `size` says; each is tried `attempts` times at most. */
export interface Job {
  readonly step: string;
  readonly size: number;
  readonly attempts: number;
  /** The machine itself tries again, with a job of its own: this one makes a single try. */
  readonly isRetriedByMachine?: true;
  /** What its tasks show to begin, where they begin by the API. */
  readonly proof: string;
  /** The index of the task at a position of the array. */
  index(position: number): string;
}

/** A job that a state submits. */
export interface StateJob extends Job {
  /** The task's index; the foreach's where its children are an array. */
  readonly place: string;
  readonly isArray: boolean;
  /** The state's own Parameters, as Batch takes them. */
  readonly parameters: JsonObject;
}

/** What became of a job: the tasks that failed for good. */
export type JobResult = readonly { readonly index: string; readonly attempt: number; readonly error: TaskError }[];

/** The Parameters of a state that submits a job, as far as they say which tasks it has. */
interface JobParameters {
  readonly ContainerOverrides: { readonly Environment: readonly { readonly Name: string; readonly Value: string }[] };
  readonly ArrayProperties?: { readonly Size: number };
}

/** Which tasks the job has that a state submits. */
export function stateJob(lineage: Lineage, parameters: JsonObject): StateJob {
  const { ContainerOverrides, ArrayProperties } = parameters as unknown as JobParameters;
  const env = new Map(ContainerOverrides.Environment.map(({ Name, Value }) => [Name, Value]));
  const step = env.get(TASK_ENVIRONMENT.step)!;
  const place = env.get(TASK_ENVIRONMENT.index)!;
  const attempts = Number(env.get(TASK_ENVIRONMENT.attempts) ?? 1);
  const proof = env.get(TASK_ENVIRONMENT.startProof)!;
  const common = { step, place, attempts, proof, parameters };
  if (!ArrayProperties) return { ...common, size: 1, isArray: false, index: () => place };
  const depth = lineage.steps.get(step)!.depth - 1;
  const offset = Number(env.get(TASK_ENVIRONMENT.offset) ?? 0);
  const index = (position: number) => arrayChildIndex(place, depth, offset + position);
  return { ...common, size: ArrayProperties.Size, isArray: true, index };
}

/** Characters of what a state machine gets of a failure: it goes along in the machine's payload. */
const LONGEST_CAUSE = 1000;

/** Throws TaskFailure, as the state that submitted the job sees it, where any of its tasks has failed. */
export function assertSucceeded({ step }: Pick<Job, "step">, failed: JobResult): void {
  const [first] = failed;
  if (!first) return;
  const cause = `${step}/${first.index}: ${first.error.name}: ${first.error.message}`;
  throw new TaskFailure("States.TaskFailed", cause.slice(0, LONGEST_CAUSE));
}
