import type { Graph, StepOptions } from "../../sdk/graph/graph.ts";
import { placeOf } from "../../statemachines/container-size.ts";
import { stepsOf } from "../../statemachines/enter.ts";

/** Definitions of Batch jobs for steps that want what the deployment's own have not got. */
export interface JobDefinitions {
  /** Registers (a new revision of) the flow's step's own, unless there is one like it, and answers its ARN. */
  put(flow: string, step: string, wanted: JobWanted): Promise<string>;
  /** Every revision that was registered for the flow. */
  remove(flow: string): Promise<void>;
}

export interface JobWanted {
  readonly image?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Environment variable → ARN or name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What Fargate has not got: a GPU, or as much. */
  readonly needsEc2: boolean;
}

/** What a step's job must have of its own; undefined where the deployment's will do. */
function jobWanted(options: StepOptions): JobWanted | undefined {
  const { compute, image, env = {}, secrets = {} } = options;
  const needsEc2 = placeOf(options) !== "fargate";
  const isPlain = image === undefined && !needsEc2 && ![env, secrets].some((one) => Object.keys(one).length > 0);
  if (compute === "lambda" || isPlain) return undefined;
  return { ...(image !== undefined && { image }), env, secrets, needsEc2 };
}

/** Registers what the flow's steps want and answers the definition of each step that has its own. */
export async function defineJobs(jobs: JobDefinitions, graph: Graph): Promise<Record<string, string>> {
  const own: Record<string, string> = {};
  for (const { name, options } of stepsOf(graph.body)) {
    const wanted = jobWanted(options);
    if (wanted) own[name] = await jobs.put(graph.name, name, wanted);
  }
  return own;
}
