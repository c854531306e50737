import type { JobDefinitions } from "../../aws/batch/job-definitions.ts";
import type { CompiledFlow } from "../../statemachines/compile.ts";

/** Registers what a flow's steps want of their own and answers the definition of each that does. */
export async function defineJobs(
  jobs: JobDefinitions,
  flow: string,
  wanted: CompiledFlow["jobDefinitions"],
): Promise<Record<string, string>> {
  const own: Record<string, string> = {};
  for (const [step, one] of Object.entries(wanted)) own[step] = await jobs.put(flow, step, one);
  return own;
}
