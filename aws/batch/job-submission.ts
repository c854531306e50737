import {
  BatchClient,
  DescribeComputeEnvironmentsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from "@aws-sdk/client-batch";
import type { JsonObject } from "../../graph/graph.ts";
import { accountError } from "../account-error.ts";
import type { DescribedJob } from "./described-job.ts";
import type { BatchQueues } from "./job.ts";

/** AWS Batch, for whoever submits jobs and sees them through. Throws MillraceError `account.*`. */
export interface JobSubmission {
  /** Answers the job's id. `parameters` are those of a state `batch:submitJob`. */
  submit(parameters: JsonObject): Promise<string>;
  /** Of up to 100 jobs; an array's child is `ID:POSITION`. */
  describe(jobs: readonly string[]): Promise<readonly DescribedJob[]>;
  terminate(job: string, reason: string): Promise<void>;
  describeQueue(queue: string): Promise<BatchQueues>;
  close(): void;
}

/** By the rights of the person at this machine. */
export function openJobSubmission(region: string): JobSubmission {
  const client = new BatchClient({ region, maxAttempts: 5 });

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw accountError(error, "AWS Batch");
    }
  }

  return {
    submit: (parameters) =>
      ask(async () => (await client.send(new SubmitJobCommand(lowerCased(parameters) as never))).jobId!),
    describe: (jobs) => ask(async () => (await client.send(new DescribeJobsCommand({ jobs: [...jobs] }))).jobs ?? []),
    terminate: (jobId, reason) =>
      ask(async () => {
        await client.send(new TerminateJobCommand({ jobId, reason }));
      }),
    describeQueue: (queue) =>
      ask(async () => {
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
