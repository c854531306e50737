import type { JobDefinitions, JobWanted } from "../../aws/batch/job-definitions.ts";
import type { Graph, StepOptions } from "../../graph/graph.ts";
import { placeOf } from "../../statemachines/container-size.ts";
import { stepsOf } from "../../graph/walk.ts";

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
