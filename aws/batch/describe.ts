import type { BatchClientConfig } from "@aws-sdk/client-batch";
import { openBatch } from "./batch.ts";
import type { BatchJob } from "./job.ts";

/** What AWS Batch knows of jobs. */
export interface BatchJobs {
  /** Those that Batch still knows, in any order; none where it does not answer: to know why is worth no failure. */
  describe(jobIds: readonly string[]): Promise<readonly BatchJob[]>;
  /** One child of an array that failed; undefined where there is none, or Batch does not answer. */
  failedChild(arrayJobId: string): Promise<BatchJob | undefined>;
}

export function openBatchJobs(config: BatchClientConfig = {}): BatchJobs {
  const batch = openBatch(config);
  const quietly = async <T>(ask: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      console.warn("AWS Batch does not say what became of jobs:", error);
      return otherwise;
    }
  };
  return {
    describe: (jobIds) => quietly(() => batch.describeJobs(jobIds), []),
    failedChild: (array) =>
      quietly(async () => (await batch.describeJobs(await batch.listJobs({ array }, "FAILED", 1)))[0], undefined),
  };
}
