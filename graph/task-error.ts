/** What a task, or a run, failed with. */
export interface TaskError {
  /** Such as TypeError, Timeout, OutOfMemory, WorkerDied, Stopped. */
  readonly name: string;
  readonly message: string;
  /** The author's own file, as path:line:column. */
  readonly source?: string;
  readonly stack?: string;
}
