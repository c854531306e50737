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
