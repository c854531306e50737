import {
  BatchClient,
  DescribeComputeEnvironmentsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
  type ComputeEnvironmentDetail,
  type JobDetail,
  type JobQueueDetail,
} from "@aws-sdk/client-batch";
import { accountError } from "../../aws/account-error.ts";
import { MillraceError } from "../../graph/errors.ts";
import { TaskFailure } from "../../engine/asl/errors.ts";
import type { BatchJobs } from "./job-watcher.ts";

/** AWS Batch by the rights of the person at this machine. */
export function openBatchJobs(region: string): BatchJobs {
  const client = new BatchClient({ region, maxAttempts: 5 });

  async function told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw accountError(error, "AWS Batch");
    }
  }

  return {
    async submit(parameters) {
      try {
        const { jobId } = await client.send(new SubmitJobCommand(lowerCased(parameters) as never));
        return jobId!;
      } catch (thrown) {
        const error = accountError(thrown, "AWS Batch");
        // The machine itself waits where Batch is busy, and its Catch has what Batch refuses.
        if (error instanceof MillraceError && error.code !== "account.busy") throw error;
        const { name, message } = thrown as Error;
        throw new TaskFailure(`Batch.${name}`, message);
      }
    },
    describe: (jobs) =>
      told(
        async (): Promise<JobDetail[]> => (await client.send(new DescribeJobsCommand({ jobs: [...jobs] }))).jobs ?? [],
      ),
    terminate: (jobId, reason) =>
      told(async () => {
        await client.send(new TerminateJobCommand({ jobId, reason }));
      }),
    describeQueue: (queue) =>
      told(async (): Promise<{ queues: JobQueueDetail[]; environments: ComputeEnvironmentDetail[] }> => {
        const { jobQueues: queues = [] } = await client.send(new DescribeJobQueuesCommand({ jobQueues: [queue] }));
        const names = queues.flatMap(({ computeEnvironmentOrder = [] }) =>
          computeEnvironmentOrder.map(({ computeEnvironment }) => computeEnvironment!),
        );
        const { computeEnvironments: environments = [] } = await client.send(
          new DescribeComputeEnvironmentsCommand({ computeEnvironments: names }),
        );
        return { queues, environments };
      }),
    close: () => client.destroy(),
  };
}

/** A state's Parameters as the SDK spells them. */
function lowerCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name[0]!.toLowerCase() + name.slice(1), lowerCased(one)]),
  );
}
