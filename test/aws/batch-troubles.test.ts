import { BatchClient, DescribeJobsCommand } from "@aws-sdk/client-batch";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { RunKey } from "../../graph/run-name.ts";
import { waitingSteps } from "../../aws/batch/waiting.ts";
import { accountProfile, storeProfile } from "../../sdk/client/profiles.ts";
import { userName } from "../../sdk/client/user-name.ts";
import type { AnyFlow } from "../../sdk/language/language.ts";
import * as flows from "../support/trouble-flows.ts";
import { isSkipped } from "./account.ts";
import { openLent, type Deployed } from "./deployed.ts";
import { borrowAccount } from "./lent.ts";
import { clientOf } from "./stack.ts";

const account = await borrowAccount();
const PATIENCE = { timeout: 60_000, interval: 100 };

describe.skipIf(isSkipped(account))("what goes wrong in Batch is said plainly", { timeout: 120_000 }, () => {
  if (isSkipped(account)) return;
  let service: Deployed;
  /** All that need nothing of the queues begin at once, so that their waits are shared. */
  const begun = new Map<AnyFlow, { run: RunKey; journal: string }>();
  const { Greedy, Patient, Busy, Stopped, ...others } = flows;

  const rule = (action: string, job: string, more: object = {}) =>
    account.rig("POST", "batch/rules", { action, job: `^${job}$`, ...more });
  const working = { whenLogged: "working" };
  const environment = "batch/environments/millrace-lent-OnDemand";

  async function begin(flow: AnyFlow): Promise<void> {
    const journal = join(mkdtempSync(join(service.home, "run-")), "journal");
    writeFileSync(journal, "");
    begun.set(flow, { journal, run: await service.start(flow, "journal" in flow.graph.parameters ? { journal } : {}) });
  }
  async function ended<F extends AnyFlow>(flow: F) {
    const { run, journal } = begun.get(flow)!;
    const result = await service.end(flow, run);
    return { ...result, artifacts: result.artifacts, journal: readFileSync(journal, "utf8").trim().split("\n") };
  }
  const batch = new BatchClient(clientOf(account));
  /** How the jobs of a step's tasks are, or were; of an array's children each. */
  async function jobsOf(flow: AnyFlow, step: string, indices: readonly string[] = ["0"]) {
    const attempts = await Promise.all(indices.map((index) => service.attempts(begun.get(flow)!.run, step, index)));
    const ids = attempts.flat().map(({ by }) => by.split("#")[0]!);
    const { jobs = [] } = ids.length === 0 ? {} : await batch.send(new DescribeJobsCommand({ jobs: ids }));
    return jobs.map(({ jobId, status, statusReason }) => ({ jobId, status, statusReason }));
  }
  const attemptsOf = (flow: AnyFlow, step: string) => service.attempts(begun.get(flow)!.run, step);

  /** Waits until the run's steps that wait are as wanted. */
  async function waits(flow: AnyFlow, message: RegExp): Promise<string> {
    const profile = accountProfile("troubles");
    for (;;) {
      const [found] = await waitingSteps(profile, begun.get(flow)!.run);
      if (found && message.test(found.why.message)) return `${found.step} ${found.why.message}`;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  beforeAll(async () => {
    service = await openLent(account);
    storeProfile({
      name: "troubles",
      type: "aws",
      api: service.api,
      region: "us-east-1",
      stack: "millrace-lent",
      outputs: service.outputs,
    });
    await service.deploy(...Object.values(flows));
    const outOfMemory = { ...working, outOfMemory: true };
    await rule("kill", "Hungry-eat", outOfMemory);
    await rule("kill", "HungryAndCaught-eat", outOfMemory);
    await rule("reclaim", "Interrupted-ride", { ...working, attempt: 1 });
    await rule("reclaim", "Interrupted-ride", { ...working, attempt: 2, graceSeconds: 0 });
    await rule("reclaim", "InterruptedChild-ride", { ...working, index: 1, attempt: 1, graceSeconds: 0 });
    await rule("kill", "Silent-die", { ...working, times: 9, outOfMemory: true });
    await rule("reclaim", "Reclaimed-ride", { ...working, times: 9, reason: "Your Spot Task was interrupted." });
    const reason = "CannotPullContainerError: failed to resolve ref: not found";
    await rule("fail", "Unpullable-start", { reason, times: 9 });
    await rule("fail", "UnpullableChildren-one", { reason, times: 9 });
    await rule("fail", "Secretive-start", {
      reason:
        "ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException: not authorized to perform: secretsmanager:GetSecretValue",
    });
    await Promise.all(Object.values(others).map(begin));
  }, 240_000);

  afterAll(() => service.close());

  test("a container that ran out of memory, with how much it had", async () => {
    const { status, error } = await ended(flows.Hungry);
    expect(status).toBe("failed");
    expect(error).toMatchObject({
      name: "OutOfMemory",
      message: expect.stringMatching(/^eat\/0: ran out of memory \(had 4 GiB\)\n.*more memory/) as string,
    });
    expect(await attemptsOf(flows.Hungry, "eat")).toMatchObject([{ status: "failed", error: { name: "OutOfMemory" } }]);
  });

  test("also to the step after one that is caught", async () => {
    const { status, artifacts } = await ended(flows.HungryAndCaught);
    expect(status).toBe("succeeded");
    expect(artifacts("end").seen).toMatchObject({
      name: "OutOfMemory",
      message: expect.stringContaining("ran out of memory (had 4 GiB)") as string,
    });
  });

  test("a Spot reclaim is named, and costs none of the step's own retries", async () => {
    const { status, artifacts, journal } = await ended(flows.Interrupted);
    expect(status).toBe("succeeded");
    expect(artifacts("ride").attempt).toBe(4);
    expect(journal).toEqual(["ride 1", "ride 2", "ride 3", "ride 4"]);
    expect(await attemptsOf(flows.Interrupted, "ride")).toMatchObject([
      { error: { name: "Interrupted", message: expect.stringContaining("most likely taken back") as string } },
      { error: { name: "Reclaimed", message: expect.stringContaining("Host EC2") as string } },
      { error: { name: "TypeError" } },
      { status: "succeeded" },
    ]);
  });

  test("nor does it cost an array's child any", async () => {
    const { status, artifacts } = await ended(flows.InterruptedChild);
    expect([status, artifacts("end").attempts]).toEqual(["succeeded", [1, 3]]);
  });

  test("a step that fails by itself has no more tries than its own", async () => {
    const { status, error, journal } = await ended(flows.Stubborn);
    expect([status, error?.message]).toEqual(["failed", "try/0: always its own fault"]);
    expect(journal).toEqual(["try 1", "try 2"]);
  });

  test("nor has one whose container dies without a word", async () => {
    const { status, error, journal } = await ended(flows.Silent);
    expect([status, error?.name]).toEqual(["failed", "OutOfMemory"]);
    expect(journal).toEqual(["die 1", "die 2"]);
  });

  test("that every attempt was reclaimed fails the run, which says so", async () => {
    const { status, error } = await ended(flows.Reclaimed);
    expect(status).toBe("failed");
    expect(error).toMatchObject({
      name: "Reclaimed",
      message: expect.stringMatching(/Your Spot Task was interrupted.*used up all of its 6 attempts/) as string,
    });
  });

  test("an image that can't be pulled", async () => {
    const { error } = await ended(flows.Unpullable);
    expect(error).toMatchObject({
      name: "ImageUnavailable",
      message: expect.stringMatching(
        /its image example.org\/nowhere:1 can't be pulled: .*not found\n.*name and tag/,
      ) as string,
    });
  });

  test("of an array's child too", async () => {
    const { error } = await ended(flows.UnpullableChildren);
    expect(error).toMatchObject({
      name: "ImageUnavailable",
      message: expect.stringMatching(/UnpullableChildren-one, child [01]: its image example.org\/nowhere:2/) as string,
    });
  });

  test("a role that lacks a right", async () => {
    const { error } = await ended(flows.Secretive);
    expect(error).toMatchObject({
      name: "Denied",
      message: expect.stringMatching(
        /a role lacks a right: .*secretsmanager:GetSecretValue\n.*secretsPrefix/,
      ) as string,
    });
  });

  test("a secret that is not there", async () => {
    const { error } = await ended(flows.Forgetful);
    expect(error).toMatchObject({
      name: "NotSetUp",
      message: expect.stringMatching(/could not be set up: .*nowhere\n.*secrets exist/) as string,
    });
  });

  test("a retry waits for the rest of its backoff in the next container", async () => {
    const { artifacts } = await ended(flows.Backing);
    expect(artifacts("start").attempt).toBe(2);
    const [first, second] = await attemptsOf(flows.Backing, "start");
    expect(second!.finishedAt! - first!.finishedAt!).toBeGreaterThanOrEqual(1_000);
  });

  test("what goes on in other branches ends with the one that failed", async () => {
    const { status, error } = await ended(flows.Halved);
    expect([status, error?.message]).toEqual(["failed", "fail/0: its own fault"]);
    await vi.waitUntil(async () => (await jobsOf(flows.Halved, "work"))[0]!.status === "FAILED", PATIENCE);
    expect(await jobsOf(flows.Halved, "work")).toMatchObject([
      { statusReason: expect.stringContaining("aborted") as string },
    ]);
  });

  test("a run that is stopped ends its jobs, of arrays too, and its tasks were stopped", async () => {
    await begin(Stopped);
    const jobs = async () => [...(await jobsOf(Stopped, "one")), ...(await jobsOf(Stopped, "child", ["0", "1"]))];
    await vi.waitUntil(async () => (await jobs()).filter(({ status }) => status === "RUNNING").length === 3, PATIENCE);
    await service.client.stopRun(begun.get(Stopped)!.run, { user: userName() });
    await vi.waitUntil(async () => (await jobs()).every(({ status }) => status === "FAILED"), PATIENCE);
    const { status, tasks } = await ended(Stopped);
    expect([status, tasks("one"), tasks("child"), tasks("end")]).toMatchObject([
      "stopped",
      [{ status: "stopped" }],
      [{ status: "stopped" }, { status: "stopped" }],
      [],
    ]);
  });

  test("a job that asks for more than its queue has says so, and is given up after the time limit", async () => {
    await account.rig("POST", environment, { maxvCpus: 8 });
    await begin(Greedy);
    expect(await waits(Greedy, /asks for/)).toBe("start asks for 16 CPUs, and its queue has 8 at most");
    await account.rig("POST", "batch/clock", { seconds: 600 });
    const { status, error } = await ended(Greedy);
    expect(status).toBe("failed");
    expect(error).toMatchObject({
      name: "AsksTooMuch",
      message: expect.stringMatching(
        /never started, .*time limit: asks for more CPUs than its queue may have/,
      ) as string,
    });
  });

  test.each([
    ["disabled", { state: "DISABLED" }, { state: "ENABLED" }, /environment \S+ of its queue \S+ is disabled/],
    [
      "invalid",
      { status: "INVALID", statusReason: "CLIENT_ERROR - the subnet does not exist" },
      { status: "VALID" },
      /is invalid \(CLIENT_ERROR - the subnet does not exist\)/,
    ],
  ])("a job in an environment that is %s says so while it waits", async (_, broken, fixed, message) => {
    await account.rig("POST", environment, broken);
    await begin(Patient);
    expect(await waits(Patient, message)).toMatch(message);
    await account.rig("POST", environment, fixed);
    expect((await ended(Patient)).status).toBe("succeeded");
  });

  test("a queue that is disabled takes no job, and the run says so", async () => {
    const queue = "batch/queues/millrace-lent-OnDemand";
    await account.rig("POST", queue, { state: "DISABLED" });
    await begin(Patient);
    const { status, error } = await ended(Patient);
    await account.rig("POST", queue, { state: "ENABLED" });
    expect([status, error?.name]).toEqual(["failed", "QueueDisabled"]);
  });

  test("a job in a queue at its vCPU limit says so while it waits", async () => {
    await account.rig("POST", environment, { maxvCpus: 1 });
    await begin(Busy);
    while ((await attemptsOf(Busy, "start")).length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
    await begin(Patient);
    expect(await waits(Patient, /limit/)).toBe(
      "start its queue is at its limit: its one CPU is taken by the job that runs",
    );
    const [busy] = await attemptsOf(Busy, "start");
    await account.rig("POST", `batch/jobs/${busy!.by.split("#")[0]}/kill`);
    expect((await ended(Patient)).status).toBe("succeeded");
  });
});
