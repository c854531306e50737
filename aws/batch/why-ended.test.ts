import { describe, expect, test } from "vitest";
import { errorOfCause, jobOfCause } from "./cause.ts";
import type { BatchAttempt, BatchJob } from "./job.ts";
import { whyEnded } from "./why-ended.ts";

const ESSENTIAL = "Essential container in task exited";

function failed(last: BatchAttempt, over: Partial<BatchJob> = {}): BatchJob {
  return {
    jobId: "one",
    jobName: "Flow-step",
    status: "FAILED",
    statusReason: last.statusReason,
    attempts: [...(over.attempts ?? []), last],
    ...over,
    container: {
      image: "example.org/fit:3",
      resourceRequirements: [
        { type: "VCPU", value: "1" },
        { type: "MEMORY", value: "4096" },
      ],
      ...last.container,
    },
  };
}

const exit = (exitCode: number, reason?: string): BatchAttempt => ({
  statusReason: ESSENTIAL,
  container: { exitCode, reason },
});

describe("an ended job says why", () => {
  test.each<[what: string, job: BatchJob, name: string, message: RegExp, hint: RegExp]>([
    [
      "ran out of memory",
      failed(exit(137, "OutOfMemoryError: Container killed due to memory usage")),
      "OutOfMemory",
      /^ran out of memory \(had 4 GiB\)$/,
      /memory: "8GiB"/,
    ],
    ["was killed without a word", failed(exit(137)), "OutOfMemory", /^ran out of memory \(had 4 GiB\)$/, /more memory/],
    [
      "lost its Spot instance",
      failed({ statusReason: "Host EC2 (instance i-0abc) terminated." }),
      "Reclaimed",
      /machine was taken back while it ran \(Host EC2/,
      /without retry/,
    ],
    [
      "was interrupted on Fargate Spot",
      failed({ statusReason: "Your Spot Task was interrupted.", container: { exitCode: 143 } }),
      "Reclaimed",
      /Your Spot Task was interrupted/,
      /Run it again/,
    ],
    [
      "took too long",
      failed(
        { statusReason: "Job attempt duration exceeded timeout", container: { exitCode: 137 } },
        { timeout: { attemptDurationSeconds: 120 } },
      ),
      "Timeout",
      /longer than its timeout of 120 s/,
      /longer timeout/,
    ],
    [
      "has an image that is nowhere",
      failed({
        statusReason: "Task failed to start",
        container: { reason: "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found" },
      }),
      "ImageUnavailable",
      /its image example.org\/fit:3 can't be pulled: .*not found/,
      /name and tag/,
    ],
    [
      "may not read its image",
      failed({
        statusReason: "CannotPullContainerError: AccessDeniedException: not authorized to perform ecr:BatchGetImage",
      }),
      "ImageUnavailable",
      /can't be pulled/,
      /ExecutionRole/,
    ],
    [
      "may not read a secret",
      failed({
        statusReason:
          "ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException: User is not authorized to perform: secretsmanager:GetSecretValue",
      }),
      "Denied",
      /a role lacks a right: .*secretsmanager:GetSecretValue/,
      /secretsPrefix/,
    ],
    [
      "names a secret that is not there",
      failed({ statusReason: "ResourceInitializationError: unable to pull secrets: ResourceNotFoundException" }),
      "NotSetUp",
      /could not be set up/,
      /secrets exist/,
    ],
    [
      "has no node in its image",
      failed(exit(127, "CannotStartContainerError: exec: node: not found")),
      "ContainerFailed",
      /could not start/,
      /must have node/,
    ],
    [
      "waited too long",
      failed({
        statusReason:
          "Canceled by JobStateTimeLimit action due to reason: MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
      }),
      "AsksTooMuch",
      /never started, .*time limit: asks for more CPUs than its queue may have/,
      /maxCpus/,
    ],
    ["could not reach the API", failed(exit(69)), "Unreachable", /could not reach/, /doctor/],
    ["died", failed(exit(3)), "ContainerDied", /ended with exit code 3 and said nothing/, /millrace logs/],
  ])("that it %s", (_, job, name, message, hint) => {
    const why = whyEnded(job)!;
    expect(why.name).toBe(name);
    expect(why.message).toMatch(message);
    expect(why.hint).toMatch(hint);
  });

  test("that somebody terminated it, in their own words", () => {
    expect(whyEnded(failed({ statusReason: "not needed any more", container: { exitCode: 143 } }))).toEqual({
      name: "Terminated",
      message: "its job was terminated: not needed any more",
    });
  });

  test("that each of its attempts was reclaimed", () => {
    const reclaimed = { statusReason: "Your Spot Task was interrupted." };
    expect(whyEnded(failed(reclaimed, { attempts: [reclaimed, reclaimed, reclaimed] }))!.message).toContain(
      "its job has used up all of its 3 attempts",
    );
  });

  test("of the attempt that died, not of the one that was refused after it", () => {
    const job = failed(exit(86), { attempts: [exit(137, "OutOfMemoryError"), exit(86)] });
    expect(whyEnded(job)!.name).toBe("OutOfMemory");
  });

  test("of any attempt that is asked for", () => {
    const job = failed(exit(3), { attempts: [{ statusReason: "Host EC2 (instance i-1) terminated." }, exit(3)] });
    expect([whyEnded(job, 1)?.name, whyEnded(job, 2)?.name, whyEnded(job, 3)]).toEqual([
      "Reclaimed",
      "ContainerDied",
      undefined,
    ]);
  });

  test("and one that has not ended, or succeeded, says nothing", () => {
    expect(whyEnded({ status: "RUNNING" })).toBeUndefined();
    expect(whyEnded({ status: "SUCCEEDED", attempts: [exit(0)] })).toBeUndefined();
  });
});

describe("a state's failure", () => {
  const cause = JSON.stringify({
    JobId: "one",
    JobName: "Flow-step",
    Status: "FAILED",
    StatusReason: ESSENTIAL,
    Container: { ExitCode: 137, ResourceRequirements: [{ Type: "MEMORY", Value: "2048" }] },
    Attempts: [{ StatusReason: ESSENTIAL, Container: { ExitCode: 137 } }],
  });

  test("that tells of a job is told as the job's end, hint included", async () => {
    expect(jobOfCause(cause)).toMatchObject({ jobId: "one", container: { exitCode: 137 } });
    expect(await errorOfCause("States.TaskFailed", cause)).toEqual({
      name: "OutOfMemory",
      message: 'job Flow-step: ran out of memory (had 2 GiB)\nGive the step more memory, such as memory: "4GiB".',
    });
  });

  test("that tells of an array is told as one of its children that failed", async () => {
    const array = JSON.stringify({
      JobId: "many",
      JobName: "Flow-step",
      Status: "FAILED",
      StatusReason: "Array Child Job failed",
      ArrayProperties: { Size: 8 },
    });
    const child = { ...failed({ statusReason: "CannotPullContainerError: not found" }), arrayProperties: { index: 5 } };
    const jobs = { failedChild: async (id: string) => (id === "many" ? child : undefined) };
    expect(await errorOfCause("States.TaskFailed", array, jobs)).toMatchObject({
      name: "ImageUnavailable",
      message: expect.stringMatching(/^job Flow-step, child 5: its image example.org\/fit:3 can't be pulled/) as string,
    });
  });

  test.each([
    ["Batch.ClientException", "Job Queue jobs is DISABLED", "QueueDisabled", /takes no jobs.*DISABLED\n.*sls deploy/],
    ["Batch.AccessDeniedException", "not authorized to perform: batch:SubmitJob", "Denied", /role lacks a right/],
    ["Batch.ClientException", "Job name should match", "Batch.ClientException", /did not take the job: Job name/],
  ])("of a job that Batch did not take (%s: %s) says so", async (error, cause, name, message) => {
    expect(await errorOfCause(error, cause)).toMatchObject({ name, message: expect.stringMatching(message) as string });
  });

  test("of any other kind keeps its name and text", async () => {
    expect(await errorOfCause("Millrace.NoCase", "no case fits")).toEqual({
      name: "Millrace.NoCase",
      message: "no case fits",
    });
  });

  test("that its state's own limit made tells that its job may have waited, and where one looks why", async () => {
    const { name, message } = await errorOfCause("States.Timeout", "");
    expect([name, message]).toEqual([
      "Timeout",
      expect.stringMatching(/waited for a machine[^]*doctor[^]*waitSeconds=/),
    ]);
  });
});
