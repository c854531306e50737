import { LIMITS } from "../../statemachines/limits.ts";
import { fargateSize } from "../../statemachines/container-size.ts";
import { askedOf, memoryText, shortName } from "./job.ts";
import type { BatchEnvironment, BatchJob, BatchQueue, BatchQueues, Trouble } from "./job.ts";

/** Why a job has not started. */
export interface Waiting extends Trouble {
  /** It will not start before somebody fixes something: waiting longer is no use. */
  readonly isStuck: boolean;
}

/**
 * Why a job in RUNNABLE waits; undefined for one that does not. `queues` and `environments` are those that were asked
 * for, the job's own among them (where they are not, less is known). `running` are the jobs that run beside it, if
 * they are known: with them it is known that the queue is at its limit.
 *
 * Statuses and the texts of `statusReason`: AWS Batch user guide, "Jobs stuck in a RUNNABLE status".
 */
export function whyWaiting(
  job: BatchJob,
  { queues, environments }: BatchQueues,
  running: readonly BatchJob[] = [],
): Waiting | undefined {
  if (job.status !== "RUNNABLE") return undefined;
  const queue = queues.find(({ jobQueueArn, jobQueueName }) =>
    [jobQueueArn, jobQueueName].some((one) => one !== undefined && one === job.jobQueue),
  );
  const own = queue && environmentsOf(queue, environments);
  return (
    (queue && own && queueTrouble(queue, own)) ??
    (own && asksTooMuch(job, own.filter(isUsable))) ??
    saidByBatch(job) ??
    (own && atLimit(queue!, own.filter(isUsable), running)) ?? {
      name: "WaitsForCapacity",
      message: "waits for capacity",
      isStuck: false,
    }
  );
}

/** What is wrong with a queue as it stands; undefined where jobs in it can run. */
export function queueTrouble(queue: BatchQueue, environments: readonly BatchEnvironment[]): Waiting | undefined {
  const name = queue.jobQueueName ?? shortName(queue.jobQueueArn);
  if (queue.state === "DISABLED")
    return stuck("QueueDisabled", `its queue ${name} is disabled`, "Enable the queue: npx sls deploy does.");
  if (queue.status === "INVALID")
    return stuck(
      "QueueInvalid",
      `its queue ${name} is invalid${because(queue.statusReason)}`,
      "Put right what it says, or deploy Millrace again: npx sls deploy",
    );
  const own = environmentsOf(queue, environments);
  if (own.length === 0 || own.some(isUsable)) return undefined;
  const disabled = own.find(({ state }) => state === "DISABLED");
  const invalid = own.find(({ status }) => status === "INVALID");
  if (invalid)
    return stuck(
      "EnvironmentInvalid",
      `the compute environment ${nameOf(invalid)} of its queue ${name} is invalid${because(invalid.statusReason)}`,
      "Put right what it says (the subnets, the security group and Batch's role must be there), or deploy Millrace again: npx sls deploy",
    );
  return stuck(
    "EnvironmentDisabled",
    `the compute environment ${nameOf(disabled!)} of its queue ${name} is disabled`,
    "Enable it: npx sls deploy does.",
  );
}

/** Those that the queue sends its jobs to, of those that are known. */
export function environmentsOf(
  { computeEnvironmentOrder = [] }: BatchQueue,
  environments: readonly BatchEnvironment[],
): BatchEnvironment[] {
  const wanted = new Set(computeEnvironmentOrder.map(({ computeEnvironment }) => computeEnvironment));
  return environments.filter(
    ({ computeEnvironmentArn, computeEnvironmentName }) =>
      wanted.has(computeEnvironmentArn) || wanted.has(computeEnvironmentName),
  );
}

function isUsable({ state, status }: BatchEnvironment): boolean {
  return state !== "DISABLED" && status !== "INVALID";
}

const isFargate = ({ computeResources }: BatchEnvironment) => computeResources?.type?.startsWith("FARGATE") === true;

function asksTooMuch(job: BatchJob, environments: readonly BatchEnvironment[]): Waiting | undefined {
  if (environments.length === 0) return undefined;
  const { cpu, memoryMiB, gpu } = askedOf(job);
  const onlyFargate = environments.every(isFargate);
  if (gpu > 0 && onlyFargate)
    return stuck(
      "AsksTooMuch",
      `asks for ${gpu === 1 ? "a GPU" : `${gpu} GPUs`}, and no environment of its queue has any`,
      "Deploy Millrace with a queue that has: npx sls deploy --param gpu=on",
    );
  const most = Math.max(...environments.map(({ computeResources }) => computeResources?.maxvCpus ?? Infinity));
  if (cpu > most)
    return stuck(
      "AsksTooMuch",
      `asks for ${cpu} CPUs, and its queue has ${most} at most`,
      `Ask for less with the step's cpu, or allow more: npx sls deploy --param maxCpus=${Math.ceil(cpu)}`,
    );
  if (onlyFargate && !fargateSize({ cpu, memoryMiB }))
    return stuck(
      "AsksTooMuch",
      `asks for ${cpu} CPUs and ${memoryText(memoryMiB)} of memory, and no container on Fargate is so large`,
      `Ask for at most ${LIMITS.fargateCpu} CPUs and ${memoryText(LIMITS.fargateMemoryMiB)} with the step's cpu and memory.`,
    );
  return undefined;
}

const SAID: readonly { readonly begins: string; readonly explain: (said: string) => Waiting }[] = [
  {
    begins: "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
    explain: (said) =>
      stuck(
        "AsksTooMuch",
        `asks for more CPU, memory or GPU than any machine of its queue has${because(said)}`,
        "Ask for less with the step's cpu, memory and gpu.",
      ),
  },
  {
    begins: "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    explain: (said) =>
      stuck(
        "AsksTooMuch",
        `asks for more CPUs than its queue may have${because(said)}`,
        "Ask for less with the step's cpu, or allow more: npx sls deploy --param maxCpus=N",
      ),
  },
  {
    begins: "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS",
    explain: (said) =>
      stuck(
        "RoleDenied",
        `AWS Batch's own role lacks a right${because(said)}`,
        "Deploy Millrace again, which fixes the role: npx sls deploy",
      ),
  },
  {
    begins: "MISCONFIGURATION:",
    explain: (said) => stuck("Misconfigured", `its queue can't run it: ${said}`, "Put right what it says."),
  },
  {
    begins: "ACTION_REQUIRED",
    explain: (said) =>
      stuck(
        "EnvironmentInvalid",
        `the compute environments of its queue are invalid${because(said)}`,
        "millrace doctor tells which and why.",
      ),
  },
  {
    begins: "CAPACITY:",
    explain: (said) => ({
      name: "NoCapacity",
      message: `AWS has no machine free for it now${because(said)}`,
      hint: "Wait, ask for less, or use another queue or region.",
      isStuck: false,
    }),
  },
  {
    begins: "UNDETERMINED",
    explain: (said) => ({
      name: "Blocked",
      message: `its queue is blocked, and AWS Batch does not know why${because(said)}`,
      hint: "Look at the account's quotas for Fargate and EC2, and whether the subnets reach the internet.",
      isStuck: false,
    }),
  },
];

/** What Batch itself says of a job that waits. */
export function saidByBatch({ statusReason = "" }: BatchJob): Waiting | undefined {
  return SAID.find(({ begins }) => statusReason.startsWith(begins))?.explain(statusReason);
}

/** By what runs, if that is known; of EC2 the environment itself says how many CPUs it has now. */
function atLimit(
  queue: BatchQueue,
  environments: readonly BatchEnvironment[],
  running: readonly BatchJob[],
): Waiting | undefined {
  const resources = environments.map(({ computeResources }) => computeResources ?? {});
  const most = resources.reduce((sum, { maxvCpus = Infinity }) => sum + maxvCpus, 0);
  const beside = running.filter(({ jobQueue }) => jobQueue === queue.jobQueueArn || jobQueue === queue.jobQueueName);
  const taken = Math.max(
    beside.reduce((sum, job) => sum + askedOf(job).cpu, 0),
    resources.reduce((sum, { desiredvCpus = 0 }) => sum + desiredvCpus, 0),
  );
  if (environments.length === 0 || taken < most) return undefined;
  const what =
    beside.length === 0 ? "" : beside.length === 1 ? " by the job that runs" : ` by ${beside.length} jobs that run`;
  return {
    name: "AtLimit",
    message: `its queue is at its limit: ${most === 1 ? "its one CPU is" : `all ${most} CPUs are`} taken${what}`,
    hint: "Wait, or allow more: npx sls deploy --param maxCpus=N",
    isStuck: false,
  };
}

function stuck(name: string, message: string, hint: string): Waiting {
  return { name, message, hint, isStuck: true };
}

function because(reason: string | undefined): string {
  return reason ? ` (${reason})` : "";
}

function nameOf({ computeEnvironmentName, computeEnvironmentArn }: BatchEnvironment): string {
  return computeEnvironmentName ?? shortName(computeEnvironmentArn);
}
