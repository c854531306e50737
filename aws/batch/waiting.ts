import type { JobDetail, JobStatus } from "@aws-sdk/client-batch";
import { openBatch } from "./batch.ts";
import { whyWaiting, type Waiting } from "./why-waiting.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { runName } from "../../graph/run-name.ts";
import { TASK_ENVIRONMENT } from "../../statemachines/contract/contract.ts";

/** A step whose job has not started, and why. Of an array's children it is one that is named. */
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
  const batch = openBatch({ region: deployment.region });
  const queues = queuesOf(deployment);
  const jobsOf = async (queue: string, ...statuses: readonly JobStatus[]) => {
    const ids = await Promise.all(statuses.map((status) => batch.listJobs({ queue }, status, LOOKED_AT)));
    return batch.describeJobs(ids.flat().slice(0, LOOKED_AT));
  };
  try {
    const found = await Promise.all(queues.map((queue) => jobsOf(queue, "RUNNABLE", "PENDING")));
    const own = found.flat().filter((job) => variable(job, TASK_ENVIRONMENT.run) === runName(run));
    const arrays = own.filter(({ arrayProperties }) => arrayProperties?.size !== undefined);
    const children = await Promise.all(
      arrays.map(async ({ jobId }) => batch.describeJobs(await batch.listJobs({ array: jobId! }, "RUNNABLE", 1))),
    );
    const waiting = [...own.filter((job) => !arrays.includes(job)), ...children.flat()];
    if (waiting.length === 0) return [];
    const [described, running] = await Promise.all([
      batch.describeQueues(queues),
      Promise.all(queues.map((queue) => jobsOf(queue, "RUNNING"))),
    ]);
    return waiting.flatMap((job) => {
      const why = whyWaiting(job, described, running.flat());
      return why ? [{ step: variable(job, TASK_ENVIRONMENT.step) ?? job.jobName!, why }] : [];
    });
  } finally {
    batch.close();
  }
}

function variable({ container }: JobDetail, name: string): string | undefined {
  return container?.environment?.find((one) => one.name === name)?.value;
}
