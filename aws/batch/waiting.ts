import type { BatchClient, JobDetail } from "@aws-sdk/client-batch";
import { whyWaiting, type Waiting } from "./why-waiting.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { runName } from "../../graph/run-name.ts";
import { TASK_ENVIRONMENT } from "../../statemachines/contract/contract.ts";

/** A step whose job has not started, and why. Of an array's children it is one that is told of. */
export interface WaitingStep {
  readonly step: string;
  readonly why: Waiting;
}

/** Where a deployment is, and what its stack says of itself. */
interface Deployment {
  readonly region: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The queues of a deployment. */
export function queuesOf({ outputs }: Pick<Deployment, "outputs">): string[] {
  const { OnDemandQueue, SpotQueue, Ec2Queue, GpuQueue } = outputs;
  return [OnDemandQueue, SpotQueue, Ec2Queue, GpuQueue].filter((queue) => queue !== undefined);
}

/** Jobs of a queue that are looked at. */
const LOOKED_AT = 100;

/** Which steps of a run wait for a machine, as their queues and jobs say. Takes some of the person's own rights to read Batch. */
export async function waitingSteps(deployment: Deployment, run: RunKey): Promise<WaitingStep[]> {
  const { BatchClient, ...sdk } = await import("@aws-sdk/client-batch");
  const client = new BatchClient({ region: deployment.region });
  const queues = queuesOf(deployment);
  const list = async (jobQueue: string, jobStatus: "RUNNABLE" | "PENDING" | "RUNNING") => {
    const page = await client.send(new sdk.ListJobsCommand({ jobQueue, jobStatus, maxResults: LOOKED_AT }));
    return (page.jobSummaryList ?? []).map(({ jobId }) => jobId!);
  };
  const describe = (jobs: readonly string[]) => describeJobs(client, jobs);
  try {
    const found = await Promise.all(
      queues.map(async (queue) => describe([...(await list(queue, "RUNNABLE")), ...(await list(queue, "PENDING"))])),
    );
    const own = found.flat().filter((job) => variable(job, TASK_ENVIRONMENT.run) === runName(run));
    const arrays = own.filter(({ arrayProperties }) => arrayProperties?.size !== undefined);
    const children = await Promise.all(
      arrays.map(async ({ jobId }) => {
        const command = new sdk.ListJobsCommand({ arrayJobId: jobId, jobStatus: "RUNNABLE", maxResults: 1 });
        return describe(((await client.send(command)).jobSummaryList ?? []).map((child) => child.jobId!));
      }),
    );
    const waiting = [...own.filter((job) => !arrays.includes(job)), ...children.flat()];
    if (waiting.length === 0) return [];
    const [{ jobQueues = [] }, { computeEnvironments = [] }, running] = await Promise.all([
      client.send(new sdk.DescribeJobQueuesCommand({ jobQueues: queues })),
      client.send(new sdk.DescribeComputeEnvironmentsCommand({})),
      Promise.all(queues.map(async (queue) => describe(await list(queue, "RUNNING")))),
    ]);
    return waiting.flatMap((job) => {
      const why = whyWaiting(job, jobQueues, computeEnvironments, running.flat());
      return why ? [{ step: variable(job, TASK_ENVIRONMENT.step) ?? job.jobName!, why }] : [];
    });
  } finally {
    client.destroy();
  }
}

async function describeJobs(client: BatchClient, jobs: readonly string[]): Promise<JobDetail[]> {
  if (jobs.length === 0) return [];
  const { DescribeJobsCommand } = await import("@aws-sdk/client-batch");
  return (await client.send(new DescribeJobsCommand({ jobs: jobs.slice(0, LOOKED_AT) }))).jobs ?? [];
}

function variable({ container }: JobDetail, name: string): string | undefined {
  return container?.environment?.find((one) => one.name === name)?.value;
}
