import type { JobWanted } from "../../statemachines/job-definition.ts";

/** Definitions of Batch jobs for steps that want what the deployment's own have not got. */
export interface JobDefinitions {
  /** Registers (a new revision of) the flow's step's own, unless there is one like it, and answers its ARN. */
  put(flow: string, step: string, wanted: JobWanted): Promise<string>;
  /** Every revision that was registered for the flow. */
  remove(flow: string): Promise<void>;
}
