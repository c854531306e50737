/** The names (or ARNs) of what a machine calls, as plain data: from an account's deployment, or `offlineResources`. */
export interface MachineResources {
  readonly queues: {
    readonly onDemand: string;
    /** Machines that may be taken back: for steps that may be tried again, which an interruption costs none of their tries. */
    readonly spot?: string;
    /** For steps that are larger than a container on Fargate may be. */
    readonly ec2?: string;
    readonly gpu?: string;
  };
  /** Holds a step's image, environment and secrets; what a task's overrides say is only what changes per task. */
  readonly jobDefinition: PerStep;
  /** The function that runs the steps whose compute is "lambda". */
  readonly runner: PerStep;
  readonly bookkeeping: string;
  /** What the ARN of each of the deployment's state machines begins with, up to the flow's name, where it has some. */
  readonly machines?: string;
  /** What jobs are tagged with, beside their flow: only what has the deployment's own tag may be terminated. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The ledger's DynamoDB table, which holds the control values. */
  readonly table: string;
  /** Holds RANGES_KEY. */
  readonly bucket: string;
  /**
   * Whether a distributed Map writes what its children answered under the bucket's MAP_RUNS_PREFIX. Else the answers
   * (`{}` each) come back as one payload, which bounds a Map's width at some 87,000.
   */
  readonly keepsMapRuns?: boolean;
  /** How long a job may wait for a machine, over all of its attempts, before its step has failed; for ever unless given. */
  readonly waitSeconds?: number;
}

/** One for every step, but for those that have their own. */
export interface PerStep {
  readonly default: string;
  readonly steps?: Readonly<Record<string, string>>;
}

export function forStep(resource: PerStep, step: string): string {
  return resource.steps?.[step] ?? resource.default;
}

/** What the local engine's machines call. */
export const offlineResources: MachineResources = {
  queues: { onDemand: "millrace-on-demand" },
  jobDefinition: { default: "millrace-task" },
  runner: { default: "millrace-runner" },
  bookkeeping: "millrace-bookkeeping",
  table: "millrace",
  bucket: "millrace",
};
