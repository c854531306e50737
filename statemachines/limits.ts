/**
 * What AWS allows, as of 2025 and 2026. Sources, all under docs.aws.amazon.com:
 * [SFN] Step Functions developer guide, "Service quotas"; [MAP] the same, "Using Map state in Inline mode";
 * [BATCH] Batch user guide, "Service quotas"; [JOB] Batch API reference, "SubmitJob" and "JobTimeout";
 * [FARGATE] Batch API reference, "ResourceRequirement"; [LAUNCH] ECS developer guide, "Fargate throttling quotas";
 * [LAMBDA] Lambda developer guide, "Lambda quotas"; [API] API Gateway developer guide, "Account-level throttling".
 */
export const LIMITS = {
  /** Events in one execution's history. [SFN] */
  historyEvents: 25_000,
  /** A state's input or output, in bytes of UTF-8. [SFN] */
  payloadBytes: 262_144,
  /** Characters of a state's name. [SFN] */
  stateName: 80,
  /** A machine's definition as it is sent. [SFN, "maximum request size"] */
  definitionBytes: 1_048_576,
  /** Iterations of an inline Map at once. [MAP] */
  inlineMapConcurrency: 40,
  /** Child executions of a distributed Map at once. [SFN] */
  distributedMapConcurrency: 10_000,
  /** Distributed Maps that may run in an account at once; those beyond wait. [SFN, "open Map Runs"] */
  openMapRuns: 1_000,
  /** State transitions at once before they are throttled, in us-east-1; 800 in most regions. [SFN] */
  transitionBurst: 5_000,
  /** Children of an array job. [BATCH] */
  arrayJobMinSize: 2,
  arrayJobMaxSize: 10_000,
  /** Bytes of a job's container overrides. [JOB: "total length of the parameter", RunTask's overrides] */
  overridesBytes: 8_192,
  /** Attempts of a job, the first counted. [JOB] */
  jobAttempts: 10,
  /** A job's own timeout is no shorter. [JOB] */
  jobTimeoutMinSeconds: 60,
  /** Characters of a job's name. [JOB] */
  jobName: 128,
  /** SubmitJob calls a second, of a whole account. [BATCH] */
  submitJobsPerSecond: 50,
  /** Containers that Fargate starts at once, and how many a second after them. [LAUNCH] */
  fargateLaunchBurst: 100,
  fargateLaunchesPerSecond: 20,
  /** How long a job on Fargate may count on running. [Batch user guide, "Job timeouts"] */
  fargateSeconds: 14 * 86_400,
  fargateCpu: 16,
  fargateMemoryMiB: 122_880,
  /** One invocation. [LAMBDA] */
  lambdaSeconds: 900,
  /** Invocations at once of an account's functions together; fewer in a new account. [LAMBDA] */
  lambdaConcurrency: 1_000,
  /** Requests a second to an account's APIs together. [API] */
  apiRequestsPerSecond: 10_000,
  /** The least memory of a function. [LAMBDA] */
  lambdaMemoryMinMiB: 128,
  /** A function's code package: as it is uploaded, and unpacked. [LAMBDA] */
  lambdaZipBytes: 50 * 1_024 * 1_024,
  lambdaUnzippedBytes: 250 * 1_024 * 1_024,
} as const;

/**
 * The sizes of a container on Fargate: for each number of vCPUs the least and the most memory, in MiB, and the steps
 * between. [FARGATE]
 */
export const FARGATE_SIZES: readonly {
  readonly cpu: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}[] = [
  { cpu: 0.25, min: 512, max: 1_024, step: 512 },
  { cpu: 0.25, min: 2_048, max: 2_048, step: 1_024 },
  { cpu: 0.5, min: 1_024, max: 4_096, step: 1_024 },
  { cpu: 1, min: 2_048, max: 8_192, step: 1_024 },
  { cpu: 2, min: 4_096, max: 16_384, step: 1_024 },
  { cpu: 4, min: 8_192, max: 30_720, step: 1_024 },
  { cpu: 8, min: 16_384, max: 61_440, step: 4_096 },
  { cpu: 16, min: 32_768, max: 122_880, step: 8_192 },
];
