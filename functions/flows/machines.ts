import type { StateMachine } from "../../statemachines/asl.ts";

/** The flows' state machines in Step Functions. A flow's machine has the flow's name behind the deployment's own prefix. */
export interface Machines {
  /** Makes the flow's machine, or a new version of it: executions that run go on with the one they began with. */
  put(flow: string, definition: StateMachine, version: number): Promise<{ readonly arn: string }>;
  /** Executions that run come to their end. */
  remove(arn: string): Promise<void>;
  /** Starts an execution; that it was started before under this name is no mistake. */
  start(arn: string, name: string, input: object): Promise<void>;
  /** Stops an execution; one that has ended stays as it is. */
  stop(arn: string, name: string, cause: string): Promise<void>;
}
