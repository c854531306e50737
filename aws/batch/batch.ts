import type { BatchClient, BatchClientConfig, JobDetail, JobStatus, SubmitJobRequest } from "@aws-sdk/client-batch";
import { accountError } from "../account-error.ts";
import type { BatchQueues } from "./job.ts";

/** Jobs that one DescribeJobs may ask for. Source: AWS Batch API reference, DescribeJobs. */
const AT_ONCE = 100;

/** What is asked of AWS Batch, by whoever asks. Each throws MillraceError `account.*`, or what the SDK threw. */
export interface Batch {
  submit(job: SubmitJobRequest): Promise<string>;
  /** Those that Batch still knows, in any order. */
  describeJobs(ids: readonly string[]): Promise<readonly JobDetail[]>;
  /** The ids of a queue's or an array's jobs that stand at a status; at most so many. */
  listJobs(
    of: { readonly queue: string } | { readonly array: string },
    status: JobStatus,
    most: number,
  ): Promise<string[]>;
  /** The queues by their names or ARNs, and the compute environments that they have. */
  describeQueues(queues: readonly string[]): Promise<BatchQueues>;
  terminate(id: string, reason: string): Promise<void>;
  close(): void;
}

/** The SDK is loaded when Batch is first asked: most programs that could never do. */
export function openBatch(config: BatchClientConfig = {}): Batch {
  let opened: Promise<BatchClient> | undefined;

  async function ask<T>(work: (client: BatchClient, sdk: Sdk) => Promise<T>): Promise<T> {
    const sdk = await import("@aws-sdk/client-batch");
    const client = await (opened ??= Promise.resolve(new sdk.BatchClient({ maxAttempts: 5, ...config })));
    return work(client, sdk).catch((error: unknown) => {
      throw accountError(error, "AWS Batch");
    });
  }

  return {
    submit: (job) =>
      ask(async (client, { SubmitJobCommand }) => {
        const { jobId } = await client.send(new SubmitJobCommand(job));
        return jobId!;
      }),
    async describeJobs(ids) {
      const found: JobDetail[] = [];
      for (let from = 0; from < ids.length; from += AT_ONCE) {
        const jobs = ids.slice(from, from + AT_ONCE);
        const page = await ask((client, { DescribeJobsCommand }) => client.send(new DescribeJobsCommand({ jobs })));
        found.push(...(page.jobs ?? []));
      }
      return found;
    },
    listJobs: (of, jobStatus, maxResults) =>
      ask(async (client, { ListJobsCommand }) => {
        const where = "queue" in of ? { jobQueue: of.queue } : { arrayJobId: of.array };
        const { jobSummaryList = [] } = await client.send(new ListJobsCommand({ ...where, jobStatus, maxResults }));
        return jobSummaryList.map(({ jobId }) => jobId!);
      }),
    describeQueues: (names) =>
      ask(async (client, sdk) => {
        const asked = new sdk.DescribeJobQueuesCommand({ jobQueues: [...names] });
        const { jobQueues: queues = [] } = await client.send(asked);
        const order = queues.flatMap(({ computeEnvironmentOrder = [] }) => computeEnvironmentOrder);
        const computeEnvironments = [...new Set(order.map(({ computeEnvironment }) => computeEnvironment!))];
        if (computeEnvironments.length === 0) return { queues, environments: [] };
        const described = new sdk.DescribeComputeEnvironmentsCommand({ computeEnvironments });
        return { queues, environments: (await client.send(described)).computeEnvironments ?? [] };
      }),
    terminate: (jobId, reason) =>
      ask(async (client, { TerminateJobCommand }) => {
        await client.send(new TerminateJobCommand({ jobId, reason }));
      }),
    close: () => void opened?.then((client) => client.destroy()),
  };
}

type Sdk = typeof import("@aws-sdk/client-batch");
