/** Who runs a task's attempt in a container: the attempt of a Batch job, from 1. */
export interface JobAttempt {
  readonly jobId: string;
  readonly number: number;
}

/** Of the ledger's `by`, `JOB-ID#ATTEMPT`; undefined where it is no job's. */
export function parseJobAttempt(by: string): JobAttempt | undefined {
  const [, jobId, number] = /^([\w:-]+)#(\d+)$/.exec(by) ?? [];
  return jobId === undefined ? undefined : { jobId, number: Number(number) };
}
