import type { BatchClientConfig } from "@aws-sdk/client-batch";
import type { BatchJob } from "./job.ts";

/** What AWS Batch knows of jobs. */
export interface BatchJobs {
  /** Those that Batch still knows, in any order; none where it does not answer: to be told why is worth no failure. */
  describe(jobIds: readonly string[]): Promise<readonly BatchJob[]>;
  /** One child of an array that failed; undefined where there is none, or Batch does not answer. */
  failedChild(arrayJobId: string): Promise<BatchJob | undefined>;
}

/** Jobs that one call may ask for. */
const AT_ONCE = 100;

/** The SDK is loaded when a job is first asked for: most that could ask never do. */
export function openBatchJobs(config: BatchClientConfig = {}): BatchJobs {
  let opened: ReturnType<typeof open> | undefined;
  const open = async () => {
    const { BatchClient, DescribeJobsCommand, ListJobsCommand } = await import("@aws-sdk/client-batch");
    return { client: new BatchClient({ maxAttempts: 5, ...config }), DescribeJobsCommand, ListJobsCommand };
  };
  const quietly = async <T>(ask: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      console.warn("AWS Batch does not say what became of jobs:", error);
      return otherwise;
    }
  };
  const describe = async (jobIds: readonly string[]) => {
    const found: BatchJob[] = [];
    for (let from = 0; from < jobIds.length; from += AT_ONCE) {
      const { client, DescribeJobsCommand } = await (opened ??= open());
      const page = await client.send(new DescribeJobsCommand({ jobs: jobIds.slice(from, from + AT_ONCE) }));
      found.push(...(page.jobs ?? []));
    }
    return found;
  };
  return {
    describe: (jobIds) => quietly(() => describe(jobIds), []),
    failedChild: (arrayJobId) =>
      quietly(async () => {
        const { client, ListJobsCommand } = await (opened ??= open());
        const { jobSummaryList = [] } = await client.send(
          new ListJobsCommand({ arrayJobId, jobStatus: "FAILED", maxResults: 1 }),
        );
        const [child] = jobSummaryList;
        return child?.jobId === undefined ? undefined : (await describe([child.jobId]))[0];
      }, undefined),
  };
}
