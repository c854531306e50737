import type { CompiledFlow } from "../../statemachines/compile.ts";

/** The flows' state machines in Step Functions. Their names are those of stack-names.ts. */
export interface Machines {
  /**
   * Makes a flow's machine, or a new version of it, and those within it, which are there already where nothing in them has
   * changed. Executions that run go on with what they began with.
   */
  put(flow: string, compiled: CompiledFlow, version: number): Promise<MachineVersion>;
  /** Whether an execution of the version runs. */
  isRunning(versionArn: string): Promise<boolean>;
  /** Takes a version away, which nothing is started with any more. That there is none is no mistake. */
  removeVersion(versionArn: string): Promise<void>;
  /** Takes a machine away; executions of it that run come to their end. That there is none is no mistake. */
  remove(arn: string): Promise<void>;
  /** Starts an execution of a version; that it was started before under this name is no mistake. */
  start(versionArn: string, name: string, input: object): Promise<void>;
  /** Stops an execution of the machine, of whichever version; one that has ended stays as it is. */
  stop(arn: string, name: string, cause: string): Promise<void>;
}

export interface MachineVersion {
  readonly arn: string;
  readonly versionArn: string;
  /** The ARNs of the machines within it. */
  readonly children: readonly string[];
}
