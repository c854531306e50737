import {
  BatchClient,
  DescribeComputeEnvironmentsCommand,
  DescribeJobsCommand,
  ListJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
  type JobDetail,
  type SubmitJobCommandInput,
} from "@aws-sdk/client-batch";
import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isSkipped, startAccount } from "./account.ts";
import { batchResources, clientOf, deployStack } from "./stack.ts";

const account = await startAccount();

describe.skipIf(isSkipped(account))("a Batch job in the account on this machine", () => {
  if (isSkipped(account)) return;
  const batch = new BatchClient(clientOf(account));
  let outputs: Record<string, string>;

  beforeAll(async () => {
    outputs = await deployStack(account, "batch", {
      resources: batchResources,
      outputs: { queue: { Ref: "Queue" }, definition: { Ref: "Definition" } },
    });
  });
  afterEach(() => account.rig("DELETE", "batch/rules"));
  afterAll(() => account.stop());

  async function submit(script: string, over: Partial<SubmitJobCommandInput> = {}): Promise<string> {
    const { jobId } = await batch.send(
      new SubmitJobCommand({
        jobName: "job",
        jobQueue: outputs["queue"],
        jobDefinition: outputs["definition"],
        ...over,
        containerOverrides: { command: ["sh", "-c", script], ...over.containerOverrides },
      }),
    );
    return jobId!;
  }

  async function describeJob(jobId: string): Promise<JobDetail> {
    const { jobs } = await batch.send(new DescribeJobsCommand({ jobs: [jobId] }));
    return jobs![0]!;
  }

  async function until(jobId: string, isThere: (job: JobDetail) => boolean): Promise<JobDetail> {
    for (;;) {
      const job = await describeJob(jobId);
      if (isThere(job)) return job;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const ended = (jobId: string) => until(jobId, ({ status }) => status === "SUCCEEDED" || status === "FAILED");

  const logs = new CloudWatchLogsClient(clientOf(account));

  async function log(job: JobDetail, attempt = -1): Promise<string[]> {
    const logStreamName = job.attempts!.at(attempt)!.container!.logStreamName;
    const { events } = await logs.send(
      new GetLogEventsCommand({
        logGroupName: "/aws/batch/job",
        logStreamName,
        startFromHead: true,
      }),
    );
    return events!.map(({ message }) => message!);
  }

  test("runs its command with its environment, and its output is in CloudWatch", async () => {
    const job = await ended(
      await submit('echo "$GREETING, attempt $AWS_BATCH_JOB_ATTEMPT"; printf "no newline"', {
        containerOverrides: { environment: [{ name: "GREETING", value: "hello" }] },
      }),
    );
    expect(job).toMatchObject({ status: "SUCCEEDED", container: { exitCode: 0 } });
    expect(await log(job)).toEqual(["hello, attempt 1", "no newline"]);
  });

  test("fails with the exit code of its command", async () => {
    const job = await ended(await submit("exit 3"));
    expect(job).toMatchObject({
      status: "FAILED",
      statusReason: "Essential container in task exited",
      container: { exitCode: 3 },
    });
  });

  test("is tried again as its retry strategy says", async () => {
    const retryStrategy = {
      attempts: 3,
      evaluateOnExit: [
        { onExitCode: "7", action: "EXIT" },
        { onExitCode: "*", action: "RETRY" },
      ],
    } as const;
    const lasting = await ended(
      await submit("exit 1", {
        retryStrategy: { ...retryStrategy, evaluateOnExit: [...retryStrategy.evaluateOnExit] },
      }),
    );
    const final = await ended(
      await submit("exit 7", {
        retryStrategy: { ...retryStrategy, evaluateOnExit: [...retryStrategy.evaluateOnExit] },
      }),
    );
    expect([lasting.attempts?.length, final.attempts?.length]).toEqual([3, 1]);
  });

  test("of an array knows its place, and the array fails with one of its children", async () => {
    const id = await submit('echo "$AWS_BATCH_JOB_ARRAY_INDEX"; test "$AWS_BATCH_JOB_ARRAY_INDEX" != 2', {
      arrayProperties: { size: 4 },
    });
    expect(await ended(id)).toMatchObject({
      status: "FAILED",
      arrayProperties: { size: 4, statusSummary: { SUCCEEDED: 3, FAILED: 1 } },
    });
    expect(await log(await describeJob(`${id}:3`))).toEqual(["3"]);
  });

  test.each([1, 10_001])("of an array of %i is refused", async (size) => {
    await expect(submit("true", { arrayProperties: { size } })).rejects.toThrow("between 2 and 10,000");
  });

  test("with overrides of more than 8,192 bytes is refused", async () => {
    const environment = [{ name: "LARGE", value: "x".repeat(8192) }];
    await expect(submit("true", { containerOverrides: { environment } })).rejects.toThrow("8192");
  });

  test("that takes longer than its timeout is stopped and not tried again", async () => {
    const job = await ended(
      await submit("trap 'echo asked to end; exit 1' TERM; sleep 60 & wait", {
        timeout: { attemptDurationSeconds: 1 },
        retryStrategy: { attempts: 3 },
      }),
    );
    expect(job).toMatchObject({
      status: "FAILED",
      statusReason: "Job attempt duration exceeded timeout",
    });
    expect(await log(job)).toEqual(["asked to end"]);
    expect(job.attempts).toHaveLength(1);
  });

  test("can be terminated while it runs", async () => {
    const id = await submit("sleep 60");
    await until(id, ({ status }) => status === "RUNNING");
    await batch.send(new TerminateJobCommand({ jobId: id, reason: "no longer wanted" }));
    expect(await ended(id)).toMatchObject({
      status: "FAILED",
      statusReason: "no longer wanted",
      container: { exitCode: 143 },
    });
  });

  test("can be killed without a word", async () => {
    await account.rig("POST", "batch/rules", { action: "kill", whenLogged: "working" });
    const job = await ended(await submit("echo working; sleep 60; echo done"));
    expect(job).toMatchObject({ status: "FAILED", container: { exitCode: 137 } });
    expect(job.container?.reason).toBeUndefined();
    expect(await log(job)).toEqual(["working"]);
  });

  test("can run out of memory", async () => {
    await account.rig("POST", "batch/rules", { action: "kill", outOfMemory: true });
    const job = await ended(await submit("sleep 60"));
    expect(job).toMatchObject({
      container: { exitCode: 137, reason: expect.stringContaining("OutOfMemoryError") as string },
    });
  });

  test("can lose its Spot instance, and run again on another", async () => {
    await account.rig("POST", "batch/rules", {
      action: "reclaim",
      attempt: 1,
      whenLogged: "working",
    });
    const id = await submit(
      "trap 'echo told' TERM; echo working; test $AWS_BATCH_JOB_ATTEMPT = 2 && exit 0; while true; do sleep 0.05; done",
      {
        retryStrategy: {
          attempts: 2,
          evaluateOnExit: [{ onStatusReason: "Host EC2*", action: "RETRY" }],
        },
      },
    );
    const job = await ended(id);
    expect(job).toMatchObject({ status: "SUCCEEDED" });
    expect(job.attempts?.[0]).toMatchObject({
      statusReason: expect.stringMatching(/^Host EC2 \(instance i-\w+\) terminated\.$/) as string,
    });
    expect(await log(job, 0)).toEqual(["working", "told"]);
  });

  test("can be kept waiting, with the reason, and be let go", async () => {
    await account.rig("POST", "batch/rules", {
      action: "hold",
      job: "job",
      reason: "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    });
    const id = await submit("true");
    const job = await until(id, ({ statusReason }) => statusReason !== undefined);
    expect(job).toMatchObject({
      status: "RUNNABLE",
      statusReason: "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    });
    await account.rig("DELETE", "batch/rules");
    expect(await ended(id)).toMatchObject({ status: "SUCCEEDED" });
  });

  test("that waits can be terminated", async () => {
    await account.rig("POST", "batch/rules", { action: "hold" });
    const id = await submit("true");
    await until(id, ({ statusReason }) => statusReason !== undefined);
    await batch.send(new TerminateJobCommand({ jobId: id, reason: "given up" }));
    expect(await ended(id)).toMatchObject({ status: "FAILED", statusReason: "given up" });
  });

  const asking = (cpus: string): Partial<SubmitJobCommandInput> => ({
    containerOverrides: { resourceRequirements: [{ type: "VCPU", value: cpus }] },
  });

  test("that asks for more CPUs than its queue may have waits, and is given up after its queue's time limit", async () => {
    const id = await submit("true", asking("8"));
    await until(id, ({ statusReason }) => statusReason?.startsWith("MISCONFIGURATION:COMPUTE_ENV") === true);
    await account.rig("POST", "batch/clock", { seconds: 599 });
    expect(await describeJob(id)).toMatchObject({ status: "RUNNABLE" });
    await account.rig("POST", "batch/clock", { seconds: 60 });
    expect(await describeJob(id)).toMatchObject({
      status: "FAILED",
      statusReason:
        "Canceled by JobStateTimeLimit action due to reason: MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    });
  });

  test("waits while the CPUs of its queue are taken, and then runs", async () => {
    await account.rig("POST", "batch/rules", { action: "kill", job: "job", whenLogged: "enough", outOfMemory: false });
    const first = await submit("sleep 0.5; echo enough; sleep 60", asking("3"));
    await until(first, ({ status }) => status === "RUNNING");
    const second = await submit("true", asking("2"));
    expect(await describeJob(second)).toMatchObject({ status: "RUNNABLE" });
    const { jobSummaryList } = await batch.send(
      new ListJobsCommand({ jobQueue: outputs["queue"], jobStatus: "RUNNABLE" }),
    );
    expect(jobSummaryList).toMatchObject([{ jobId: second }]);
    expect(await ended(second)).toMatchObject({ status: "SUCCEEDED" });
  });

  test.each([
    ["invalid", { status: "INVALID" }, { status: "VALID" }, /^ACTION_REQUIRED/],
    ["disabled", { state: "DISABLED" }, { state: "ENABLED" }, /^$/],
  ])("waits in an environment that is %s until that is fixed", async (_, broken, fixed, said) => {
    await account.rig("POST", "batch/environments/batch", broken);
    const { computeEnvironments } = await batch.send(new DescribeComputeEnvironmentsCommand({}));
    expect(computeEnvironments).toMatchObject([broken]);
    const id = await submit("true");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { status, statusReason = "" } = await describeJob(id);
    expect([status, said.test(statusReason)]).toEqual(["RUNNABLE", true]);
    await account.rig("POST", "batch/environments/batch", fixed);
    expect(await ended(id)).toMatchObject({ status: "SUCCEEDED" });
  });

  test("is refused by a queue that is disabled", async () => {
    await account.rig("POST", "batch/queues/batch", { state: "DISABLED" });
    await expect(submit("true")).rejects.toThrow("is DISABLED");
    await account.rig("POST", "batch/queues/batch", { state: "ENABLED" });
  });

  test("whose image cannot be pulled says so", async () => {
    const reason = "CannotPullContainerError: pull image manifest has been retried 5 time(s)";
    await account.rig("POST", "batch/rules", { action: "fail", reason });
    expect(await ended(await submit("true"))).toMatchObject({
      status: "FAILED",
      statusReason: reason,
    });
  });

  test("whose definition names no role has nobody's credentials", async () => {
    const script = "env | grep -E '^AWS_(ACCESS|SECRET|SESSION|CONTAINER)' || echo none";
    expect(await log(await ended(await submit(script)))).toEqual(["none"]);
  });
});
