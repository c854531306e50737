import type { RunEvent } from "../engine/events.ts";

export interface RunOptions {
  readonly tags?: readonly string[];
  /** How many tasks run at the same time at most; as many as there are processors unless given. */
  readonly maxWorkers?: number;
  /** Every task gets a process of its own. */
  readonly isolate?: boolean;
  /** The folder of the store; `.millrace` beside the flow, or MILLRACE_HOME, unless given. */
  readonly home?: string;
  /**
   * Where the steps go that do not say so themselves, and what they ask for there: `"batch"`, `"batch:cpu=2,memory=4GiB"`,
   * `"lambda"`, `"local"`.
   */
  readonly with?: string;
  /** Where the run is kept: `"local"` or an account's profile; the one in use unless given. */
  readonly profile?: string;
  /** Told of everything that happens, in order. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops the run: its tasks are asked to end, and it ends as stopped. */
  readonly signal?: AbortSignal;
}
