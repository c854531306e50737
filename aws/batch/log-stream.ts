import type { LogStream } from "../logs/log-stream.ts";
import { openBatch } from "./batch.ts";

/** Where AWS Batch puts the output of jobs whose definition says nothing else. Source: AWS Batch user guide, "awslogs". */
const LOG_GROUP = "/aws/batch/job";

/** The stream of a job's attempt, by who runs it (`JOB-ID#ATTEMPT`); undefined for others, and once Batch has forgotten the job. */
export async function batchLogStream(region: string, by: string): Promise<LogStream | undefined> {
  const [, jobId, attempt] = /^([\w:-]+)#(\d+)$/.exec(by) ?? [];
  if (jobId === undefined) return undefined;
  const batch = openBatch({ region });
  try {
    const [job] = await batch.describeJobs([jobId]);
    const ended = job?.attempts?.[Number(attempt) - 1];
    const stream = (ended ?? job)?.container?.logStreamName;
    const group = job?.container?.logConfiguration?.options?.["awslogs-group"] ?? LOG_GROUP;
    return stream === undefined ? undefined : { group, stream };
  } finally {
    batch.close();
  }
}
