/**
 * What of AWS Batch's answers is looked at here, spelled as in its API reference (JobDetail, JobQueueDetail,
 * ComputeEnvironmentDetail), so that an SDK's answers are these as they are.
 */

type Maybe<T> = T | undefined;

export interface BatchJob {
  readonly jobId?: Maybe<string>;
  readonly jobName?: Maybe<string>;
  /** Its ARN or name. */
  readonly jobQueue?: Maybe<string>;
  readonly status?: Maybe<string>;
  readonly statusReason?: Maybe<string>;
  readonly container?: Maybe<
    BatchExit & {
      readonly image?: Maybe<string>;
      readonly vcpus?: Maybe<number>;
      /** In MiB. */
      readonly memory?: Maybe<number>;
      readonly resourceRequirements?: Maybe<
        readonly { readonly type?: Maybe<string>; readonly value?: Maybe<string> }[]
      >;
    }
  >;
  /** Those that have ended, oldest first. */
  readonly attempts?: Maybe<readonly BatchAttempt[]>;
  /** Of an array how many children; of a child which. */
  readonly arrayProperties?: Maybe<{ readonly size?: Maybe<number>; readonly index?: Maybe<number> }>;
  readonly timeout?: Maybe<{ readonly attemptDurationSeconds?: Maybe<number> }>;
}

export interface BatchAttempt {
  readonly statusReason?: Maybe<string>;
  readonly container?: Maybe<BatchExit>;
}

export interface BatchExit {
  readonly exitCode?: Maybe<number>;
  readonly reason?: Maybe<string>;
}

export interface BatchQueue {
  readonly jobQueueArn?: Maybe<string>;
  readonly jobQueueName?: Maybe<string>;
  /** ENABLED or DISABLED. */
  readonly state?: Maybe<string>;
  /** VALID, INVALID, or on the way to one of them. */
  readonly status?: Maybe<string>;
  readonly statusReason?: Maybe<string>;
  readonly computeEnvironmentOrder?: Maybe<readonly { readonly computeEnvironment?: Maybe<string> }[]>;
}

export interface BatchEnvironment {
  readonly computeEnvironmentArn?: Maybe<string>;
  readonly computeEnvironmentName?: Maybe<string>;
  readonly state?: Maybe<string>;
  readonly status?: Maybe<string>;
  readonly statusReason?: Maybe<string>;
  readonly computeResources?: Maybe<{
    /** FARGATE, FARGATE_SPOT, EC2 or SPOT. */
    readonly type?: Maybe<string>;
    readonly maxvCpus?: Maybe<number>;
    /** Of EC2: how many there are now. */
    readonly desiredvCpus?: Maybe<number>;
  }>;
}

/** Queues, and the compute environments that they have. */
export interface BatchQueues {
  readonly queues: readonly BatchQueue[];
  readonly environments: readonly BatchEnvironment[];
}

/** Something that keeps a job from running, or that ended it, as it is said to a person. */
export interface Trouble {
  /** For programs: stable. */
  readonly name: string;
  readonly message: string;
  readonly hint?: string;
}

/** The error of a task, hint included. */
export function troubleError({ name, message, hint }: Trouble): { readonly name: string; readonly message: string } {
  return { name, message: hint === undefined ? message : `${message}\n${hint}` };
}

/** What a job asks for; 0 for what it says nothing of. */
export function askedOf({ container }: BatchJob): { cpu: number; memoryMiB: number; gpu: number } {
  const asked = (type: string) => container?.resourceRequirements?.find((one) => one.type === type)?.value;
  return {
    cpu: Number(asked("VCPU") ?? container?.vcpus ?? 0),
    memoryMiB: Number(asked("MEMORY") ?? container?.memory ?? 0),
    gpu: Number(asked("GPU") ?? 0),
  };
}

/** `512 MiB`, `4 GiB`. */
export function memoryText(mebibytes: number): string {
  return mebibytes < 1024 ? `${mebibytes} MiB` : `${Number((mebibytes / 1024).toFixed(1))} GiB`;
}

/** The last part of an ARN; a name is one already. */
export function shortName(arn: string | undefined): string {
  return arn?.split("/").at(-1) ?? "?";
}
