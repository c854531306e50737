import { MillraceError } from "../../sdk/errors.ts";
import type { Graph } from "../../sdk/graph/graph.ts";
import { mistakesError } from "../../sdk/graph/mistake.ts";
import { checkMachine } from "../../statemachines/check.ts";
import { compile } from "../../statemachines/compile.ts";
import { stepsOf } from "../../statemachines/enter.ts";
import type { MachineResources } from "../../statemachines/resources.ts";
import { defineJobs, type JobDefinitions } from "./jobs.ts";

/**
 * What the flow's machine calls, with the job definitions that its steps want for themselves. What is refused leaves
 * nothing behind. Throws MillraceError `step.noGpuQueue`, `machine.invalid`, `job.refused`.
 */
export async function resourcesFor(
  { jobs, resources }: { readonly jobs: JobDefinitions; readonly resources: MachineResources },
  graph: Graph,
): Promise<MachineResources> {
  const noGpu = stepsOf(graph.body).find(({ options }) => options.gpu !== undefined);
  if (noGpu && resources.queues.gpu === undefined)
    throw new MillraceError("step.noGpuQueue", "it asks for a GPU, and the deployment has no queue for those", {
      where: { flow: graph.name, step: noGpu.name },
      mend: "Deploy Millrace with gpu switched on, or take the GPU from the step's options.",
    });
  const mistakes = checkMachine(graph, compile(graph, resources));
  if (mistakes.length > 0)
    throw mistakesError(
      "machine.invalid",
      mistakes.map(({ code, message, where, mend = "" }) => ({ code, message, where, mend })),
    );
  const steps = { ...resources.jobDefinition.steps, ...(await defineJobs(jobs, graph)) };
  return { ...resources, jobDefinition: { ...resources.jobDefinition, steps } };
}
