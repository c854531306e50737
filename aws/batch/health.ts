import { setTimeout as sleep } from "node:timers/promises";
import { openBatch, type Batch } from "./batch.ts";
import { environmentsOf, queueTrouble, whyWaiting } from "./why-waiting.ts";
import type { Trouble } from "./job.ts";
import { whyEnded } from "./why-ended.ts";

const LOOK_MILLISECONDS = 2_000;

/** A tiny job, and what it is tagged with: else nobody may terminate it. */
interface HealthJob {
  readonly queue: string;
  readonly definition: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Whether queues are well, and whether a job in one runs. Throws MillraceError `account.*`. */
export class BatchHealth {
  readonly #batch: Batch;

  /** As the person at this machine. */
  constructor(region: string) {
    this.#batch = openBatch({ region });
  }

  /** What is wrong with the queue; else what it is. */
  async lookAt(queue: string): Promise<Trouble | { readonly finding: string }> {
    const { queues, environments } = await this.#batch.describeQueues([queue]);
    const [found] = queues;
    if (!found)
      return { name: "QueueMissing", message: "it is not there", hint: "Deploy Millrace again: npx sls deploy" };
    const trouble = queueTrouble(found, environments);
    if (trouble) return trouble;
    const own = environmentsOf(found, environments);
    const kinds = own.map(({ computeResources }) => `${computeResources?.type}, ${computeResources?.maxvCpus} CPUs`);
    return { finding: `enabled and valid (${kinds.join("; ")})` };
  }

  /**
   * Runs a tiny job that asks for an address and answers what became of it; one that can't start, or has not ended in
   * time, is terminated. `onProgress` hears its statuses and why it waits.
   */
  async tryJob(
    wanted: HealthJob,
    onProgress: (progress: string) => void,
    limitMilliseconds: number,
  ): Promise<Trouble | { readonly finding: string }> {
    const { queue } = wanted;
    const jobId = await this.#submit(wanted);
    const deadline = Date.now() + limitMilliseconds;
    let latest = "";
    let isEnded = false;
    try {
      for (;;) {
        const job = (await this.#batch.describeJobs([jobId]))[0];
        if (job?.status === "SUCCEEDED") {
          isEnded = true;
          return { finding: "a job ran there and reached the API" };
        }
        if (job?.status === "FAILED") {
          isEnded = true;
          return whyEnded(job) ?? { name: "Failed", message: job.statusReason ?? "it failed" };
        }
        const described = await this.#batch.describeQueues([queue]);
        const why = job && whyWaiting(job, described);
        if (why?.isStuck) return why;
        const now = why ? `${job.status}: ${why.message}` : (job?.status ?? "SUBMITTED");
        if (now !== latest) onProgress((latest = now));
        if (Date.now() > deadline) {
          const message = `its job has not ended in ${Math.round(limitMilliseconds / 60_000)} minutes (${now})`;
          return { name: "TooSlow", message, ...(why?.hint !== undefined && { hint: why.hint }) };
        }
        await sleep(LOOK_MILLISECONDS);
      }
    } finally {
      if (!isEnded) await this.#batch.terminate(jobId, "millrace doctor has given it up").catch(() => {});
    }
  }

  close(): void {
    this.#batch.close();
  }

  #submit({ queue: jobQueue, definition: jobDefinition, tags }: HealthJob): Promise<string> {
    const command = ["node", "-e", `(${program})()`];
    const job = { jobName: "millrace-doctor", jobQueue, jobDefinition, tags, containerOverrides: { command } };
    return this.#batch.submit({ ...job, timeout: { attemptDurationSeconds: 120 } });
  }
}

/** What the job does, as its text: whatever the API answers, it was reached. 69 is EXIT_CODES.unreachable. */
function program(): void {
  fetch(process.env["MILLRACE_API"]!).then(
    ({ status }) => console.log(`millrace doctor: the API answers ${status}`),
    (error: Error) => {
      console.log(`millrace doctor: the API can't be reached: ${String(error.cause ?? error)}`);
      process.exit(69);
    },
  );
}
