/** The functions that carry out flows' short steps: one of each flow that is deployed, and one of each person who runs it. */
export interface Runners {
  /**
   * Makes a flow's function what is wanted, or finds that it is, and answers the ARN of a version that stays so: what goes
   * on with an earlier version goes on with that.
   */
  put(wanted: RunnerWanted): Promise<string>;
  /** Takes away the versions of a deployed flow's function but for these; with the last of them the function. Its log stays. */
  keep(flow: string, versionArns: readonly string[]): Promise<void>;
}

export interface RunnerWanted {
  readonly flow: string;
  /** Whose own it is, where it is not the deployed flow's: what tells people apart. */
  readonly person?: string | undefined;
  /** The code package's hash. */
  readonly codePackage: string;
  /** Reads it. */
  readonly readCode: () => Promise<Uint8Array>;
  readonly memoryMiB: number;
}
