import { describe, expect, test } from "vitest";
import type { BatchEnvironment, BatchJob, BatchQueue } from "./job.ts";
import { whyWaiting } from "./why-waiting.ts";

const QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/spot";
const ENVIRONMENT = "arn:aws:batch:us-east-1:123456789012:compute-environment/spot-1";

interface Asked {
  readonly cpu?: string;
  readonly memory?: string;
  readonly gpu?: string;
  readonly statusReason?: string;
}

function waiting({ cpu = "1", memory = "2048", gpu, statusReason }: Asked = {}): BatchJob {
  const resourceRequirements = [
    { type: "VCPU", value: cpu },
    { type: "MEMORY", value: memory },
    ...(gpu === undefined ? [] : [{ type: "GPU", value: gpu }]),
  ];
  return { jobQueue: QUEUE, status: "RUNNABLE", statusReason, container: { resourceRequirements } };
}

const queue = (over: Partial<BatchQueue> = {}): BatchQueue => ({
  jobQueueArn: QUEUE,
  jobQueueName: "spot",
  state: "ENABLED",
  status: "VALID",
  computeEnvironmentOrder: [{ computeEnvironment: ENVIRONMENT }],
  ...over,
});

const environment = (over: Partial<BatchEnvironment> = {}): BatchEnvironment => ({
  computeEnvironmentArn: ENVIRONMENT,
  computeEnvironmentName: "spot-1",
  state: "ENABLED",
  status: "VALID",
  computeResources: { type: "FARGATE_SPOT", maxvCpus: 8 },
  ...over,
});

const running = (cpu: string): BatchJob => ({ ...waiting({ cpu }), status: "RUNNING" });

describe("a job that waits in RUNNABLE says why", () => {
  test.each<
    [what: string, job: BatchJob, queue: BatchQueue, environment: BatchEnvironment, name: string, message: RegExp]
  >([
    [
      "it asks for more CPUs than the queue has",
      waiting({ cpu: "16", memory: "32768" }),
      queue(),
      environment(),
      "AsksTooMuch",
      /asks for 16 CPUs, and its queue has 8 at most/,
    ],
    [
      "it asks for more memory than there is",
      waiting({ memory: "1048576" }),
      queue(),
      environment(),
      "AsksTooMuch",
      /1024 GiB of memory, and no container on Fargate/,
    ],
    ["it asks for a GPU", waiting({ gpu: "1" }), queue(), environment(), "AsksTooMuch", /asks for a GPU, and no env/],
    [
      "its queue is disabled",
      waiting(),
      queue({ state: "DISABLED" }),
      environment(),
      "QueueDisabled",
      /queue spot is disabled/,
    ],
    [
      "its queue is invalid",
      waiting(),
      queue({ status: "INVALID", statusReason: "no environment" }),
      environment(),
      "QueueInvalid",
      /spot is invalid \(no environment\)/,
    ],
    [
      "its environment is disabled",
      waiting(),
      queue(),
      environment({ state: "DISABLED" }),
      "EnvironmentDisabled",
      /environment spot-1 of its queue spot is disabled/,
    ],
    [
      "its environment is invalid",
      waiting(),
      queue(),
      environment({ status: "INVALID", statusReason: "CLIENT_ERROR - subnet-1 does not exist" }),
      "EnvironmentInvalid",
      /is invalid \(CLIENT_ERROR - subnet-1 does not exist\)/,
    ],
    [
      "Batch has found no machine that is large enough",
      waiting({ statusReason: "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement is higher" }),
      queue(),
      environment({ computeResources: { type: "EC2", maxvCpus: 8 } }),
      "AsksTooMuch",
      /than any machine of its queue has/,
    ],
    [
      "Batch says that there is no capacity",
      waiting({ statusReason: "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity" }),
      queue(),
      environment(),
      "NoCapacity",
      /no machine free for it now/,
    ],
    [
      "the environment's CPUs are all taken",
      waiting(),
      queue(),
      environment({ computeResources: { type: "EC2", maxvCpus: 8, desiredvCpus: 8 } }),
      "AtLimit",
      /all 8 CPUs are taken/,
    ],
    ["nothing is known", waiting(), queue(), environment(), "WaitsForCapacity", /waits for capacity/],
  ])("%s", (_, job, of, within, name, message) => {
    expect(whyWaiting(job, { queues: [of], environments: [within] })).toMatchObject({
      name,
      message: expect.stringMatching(message) as string,
    });
  });

  test("what runs beside it has taken all CPUs", () => {
    const why = whyWaiting(waiting(), { queues: [queue()], environments: [environment()] }, [
      running("4"),
      running("4"),
    ]);
    expect(why).toMatchObject({
      name: "AtLimit",
      message: "its queue is at its limit: all 8 CPUs are taken by 2 jobs that run",
    });
  });

  test("one good environment of a queue is enough", () => {
    const two = queue({
      computeEnvironmentOrder: [{ computeEnvironment: ENVIRONMENT }, { computeEnvironment: "other" }],
    });
    const why = whyWaiting(waiting(), {
      queues: [two],
      environments: [environment({ status: "INVALID" }), environment({ computeEnvironmentArn: "other" })],
    });
    expect(why?.name).toBe("WaitsForCapacity");
  });

  test("what never starts is set apart from what only has to wait", () => {
    const stuck = whyWaiting(waiting(), { queues: [queue({ state: "DISABLED" })], environments: [environment()] });
    const patient = whyWaiting(waiting(), { queues: [queue()], environments: [environment()] });
    expect([stuck?.isStuck, patient?.isStuck]).toEqual([true, false]);
  });

  test("a job that is not waiting has no reason to", () => {
    expect(
      whyWaiting({ ...waiting(), status: "STARTING" }, { queues: [queue()], environments: [environment()] }),
    ).toBeUndefined();
  });
});
