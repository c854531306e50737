import { MillraceError } from "../../graph/errors.ts";
import type { Graph } from "../../graph/graph.ts";
import { mistakesError } from "../../graph/mistake.ts";
import { checkFlowMachines } from "../../statemachines/check.ts";
import { placeOf } from "../../statemachines/container-size.ts";
import { compile } from "../../statemachines/compile.ts";
import { stepsOf } from "../../graph/walk.ts";
import { LIMITS } from "../../statemachines/limits.ts";
import type { MachineResources } from "../../statemachines/resources.ts";
import { checkImages } from "./check-images.ts";
import { checkRounds } from "./check-rounds.ts";
import { checkSecrets, type SecretNames } from "./check-secrets.ts";
import { defineJobs } from "./jobs.ts";
import { type JobDefinitions } from "../../aws/batch/job-definitions.ts";

/** What the machines of all flows call. */
export type SharedResources = Omit<MachineResources, "runner">;

export interface ResourceParts {
  readonly jobs: JobDefinitions;
  /** What the machines call, but for what is the flow's own. */
  readonly resources: SharedResources;
  /** Undefined where steps get no secrets. */
  readonly secretNames?: SecretNames;
  /** Those of the account's own registry that images may be in; undefined where steps run in no image of their own. */
  readonly imageRepositories?: readonly string[];
  /** How often a loop may go round; as often as the flow says unless given. */
  readonly maxRounds?: number;
}

/** Stands for a function's version that is still to be made, and is as long as any. */
const RUNNER_TO_COME = "arn:".padEnd(150, "x");

export function withRunner(resources: SharedResources, runner = RUNNER_TO_COME): MachineResources {
  return { ...resources, runner: { default: runner } };
}

/**
 * What the flow's machine calls but for its function, with the job definitions that its steps want for themselves. What is refused leaves
 * nothing behind. Throws MillraceError `machine.invalid`, `job.refused`.
 */
export async function resourcesFor(
  { jobs, resources, secretNames, imageRepositories, maxRounds }: ResourceParts,
  graph: Graph,
): Promise<SharedResources> {
  const compiled = compile(graph, withRunner(resources));
  const mistakes = [...missingQueues(graph, resources.queues), ...checkFlowMachines(graph, compiled)];
  const all = [
    ...mistakes.map(({ code, detail, where, hint = "" }) => ({ code, message: detail, where, hint })),
    ...(secretNames ? checkSecrets(graph, secretNames) : []),
    ...(maxRounds === undefined ? [] : checkRounds(graph, maxRounds)),
    ...(imageRepositories ? checkImages(graph, imageRepositories) : []),
  ];
  if (all.length > 0) throw mistakesError("machine.invalid", all);
  const own = await defineJobs(jobs, graph.name, compiled.jobDefinitions);
  const steps = { ...resources.jobDefinition.steps, ...own };
  return { ...resources, jobDefinition: { ...resources.jobDefinition, steps } };
}

/** Steps that no queue of the deployment has room for. */
function missingQueues(graph: Graph, queues: MachineResources["queues"]): MillraceError[] {
  return stepsOf(graph.body).flatMap(({ name, options }) => {
    const place = options.compute === "lambda" ? "fargate" : placeOf(options);
    if (place === "fargate" || queues[place] !== undefined) return [];
    const { code, message, hint } = MISSING[place];
    return [new MillraceError(code, message, { where: { flow: graph.name, step: name }, hint })];
  });
}

const MISSING = {
  gpu: {
    code: "step.noGpuQueue",
    message: "it asks for a GPU, and the deployment has no queue for those",
    hint: "Take the GPU from the step's options, or deploy Millrace with such a queue: npx sls deploy --param gpu=on",
  },
  ec2: {
    code: "step.size",
    message: "it is larger than a container on Fargate may be, and the deployment has no queue on EC2",
    hint: `Ask for at most ${LIMITS.fargateCpu} CPUs and ${LIMITS.fargateMemoryMiB / 1024}GiB, or deploy Millrace with such a queue: npx sls deploy --param ec2=on`,
  },
} as const;
