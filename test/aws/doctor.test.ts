import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BatchClient, ListJobsCommand } from "@aws-sdk/client-batch";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { jsonLines } from "../support/workspace.ts";
import { isSkipped } from "./account.ts";
import { borrowAccount } from "./lent.ts";
import { clientOf } from "./stack.ts";

const account = await borrowAccount();
const repository = join(import.meta.dirname, "..", "..");

interface Answer {
  readonly code: number | null;
  readonly said: string;
}

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly message: string;
  readonly hint?: string;
}

describe.skipIf(isSkipped(account))("millrace doctor", { timeout: 120_000 }, () => {
  if (isSkipped(account)) return;
  const home = mkdtempSync(join(tmpdir(), "millrace-doctor-"));
  const environment = "batch/environments/millrace-lent-Spot";
  const env: NodeJS.ProcessEnv = { ...process.env, ...account.env, MILLRACE_HOME: home, NO_COLOR: "1", CI: "true" };
  const { outputs } = account;

  /** `hear` is given all that was said, whenever there is more of it. */
  async function millrace(
    args: readonly string[],
    over: NodeJS.ProcessEnv = {},
    hear: (said: string) => void = () => {},
  ): Promise<Answer> {
    const child = spawn(process.execPath, [join(repository, "dist/bin.cjs"), ...args], {
      cwd: repository,
      env: { ...env, ...over },
    });
    let said = "";
    child.stdout.on("data", (text: Buffer) => hear((said += text.toString())));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, said };
  }

  /** What it finds wrong, beside what is well. */
  async function wrongOf(args: readonly string[] = ["--no-jobs"], over: NodeJS.ProcessEnv = {}): Promise<Finding[]> {
    const { code, said } = await millrace(["doctor", "--json", ...args], over);
    const findings = jsonLines(said) as Finding[];
    expect(code).toBe(findings.every(({ ok }) => ok) ? 0 : 1);
    return findings.filter(({ ok }) => !ok);
  }

  beforeAll(async () => {
    await millrace(["configure", "aws", "--stack", "millrace-lent"]);
  });
  afterEach(async () => {
    await account.rig("DELETE", "faults");
    await account.rig("DELETE", "batch/rules");
    await account.rig("POST", environment, { state: "ENABLED", status: "VALID", maxvCpus: 256 });
  });
  afterAll(async () => {
    await account.stop();
    rmSync(home, { recursive: true, force: true });
  });

  test("finds a deployment well from end to end, by a tiny job in each queue too", async () => {
    const { code, said } = await millrace(["doctor"]);
    expect(said).toMatch(/^Profile millrace-lent:\n/);
    for (const line of [
      /ok +Node +\d+/,
      /ok +identity +arn:aws:/,
      /ok +stack +millrace-lent in us-east-1/,
      /ok +API +http.* answers/,
      /ok +bucket +\S+ can be written and read/,
      /ok +queue \S*OnDemand\S* +enabled and valid \(FARGATE, 256 CPUs\)/,
      /ok +queue \S*Spot\S* +enabled and valid \(FARGATE_SPOT, 256 CPUs\)/,
      /ok +schedules +the group millrace-lent is there/,
      /ok +dead letters +there are none/,
      /ok +job in \S*OnDemand\S* +a job ran there and reached the API/,
      /ok +job in \S*Spot\S* +a job ran there and reached the API/,
    ])
      expect(said).toMatch(line);
    expect([said.trimEnd().split("\n").at(-1), code]).toEqual(["All is well.", 0]);
  });

  test("says which queue is out of order, and how it is fixed", async () => {
    await account.rig("POST", environment, { status: "INVALID", statusReason: "CLIENT_ERROR - no subnet" });
    expect(await wrongOf()).toMatchObject([
      {
        check: expect.stringMatching(/^queue .*Spot/) as string,
        message: expect.stringMatching(/is invalid \(CLIENT_ERROR - no subnet\)/) as string,
        hint: expect.stringContaining("npx sls deploy") as string,
      },
    ]);
  });

  test("says why its job can't start, and takes it back", async () => {
    await account.rig("POST", environment, { state: "DISABLED" });
    const wrong = await wrongOf([]);
    expect(wrong.map(({ check }) => check.split(" ")[0])).toEqual(["queue", "job"]);
    expect(wrong[1]!.message).toMatch(/is disabled/);
    const batch = new BatchClient(clientOf(account));
    const { jobSummaryList } = await batch.send(
      new ListJobsCommand({ jobQueue: outputs["SpotQueue"], jobStatus: "FAILED" }),
    );
    expect(jobSummaryList?.filter(({ jobName }) => jobName === "millrace-doctor")).toMatchObject([
      { statusReason: "millrace doctor has given it up" },
    ]);
  });

  test("says what a job met", async () => {
    const reason = "CannotPullContainerError: not found";
    await account.rig("POST", "batch/rules", { action: "fail", job: "^millrace-doctor$", reason, times: 9 });
    expect((await wrongOf([])).map(({ message }) => message)).toEqual([
      expect.stringMatching(/can't be pulled: CannotPullContainerError: not found/),
      expect.stringMatching(/can't be pulled/),
    ]);
  });

  test("names the right that is missing, and the policy that has it", async () => {
    await account.rig("POST", "faults", {
      target: "aws",
      match: "batch:.*jobqueues",
      status: 403,
      code: "AccessDeniedException",
    });
    const [first] = await wrongOf();
    expect(first).toMatchObject({
      check: expect.stringMatching(/^queue/) as string,
      message: expect.stringContaining("you lack the right batch:DescribeJobQueues") as string,
      hint: expect.stringContaining(outputs["PeoplePolicy"]!) as string,
    });
  });

  test("looks at nothing else where nobody knows the credentials", async () => {
    await account.rig("POST", "faults", { target: "aws", match: "sts:", status: 403, code: "InvalidClientTokenId" });
    const { code, said } = await millrace(["doctor"]);
    expect(said).toMatch(/WRONG +identity .*InvalidClientTokenId/);
    expect(said).toMatch(/Sign in to the account again/);
    expect([said.includes("queue"), code]).toEqual([false, 1]);
  });

  test("tells a profile that is older than its stack", async () => {
    const other = mkdtempSync(join(tmpdir(), "millrace-older-"));
    const profile = { type: "aws", api: outputs["ApiUrl"], region: "us-east-1", stack: "millrace-lent" };
    const profiles = { old: { ...profile, outputs: { ...outputs, TaskLogs: "another" } } };
    writeFileSync(join(other, "profiles.json"), JSON.stringify({ current: "old", profiles }));
    expect(await wrongOf(["--no-jobs"], { MILLRACE_HOME: other })).toMatchObject([
      { check: "stack", hint: "Read it again: millrace configure aws --stack millrace-lent" },
    ]);
    rmSync(other, { recursive: true });
  });

  test("with the local profile looks at this machine", async () => {
    const { code, said } = await millrace(["doctor"], { MILLRACE_PROFILE: "local" });
    for (const line of [/ok +Node/, /ok +store .*can be written to/, /ok +disk +\S+ \SiB are free/, /ok +esbuild/])
      expect(said).toMatch(line);
    expect(code).toBe(0);
  });

  test.skipIf(process.getuid?.() === 0)("and says where runs can't be kept", async () => {
    const locked = join(home, "locked");
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    expect(await wrongOf([], { MILLRACE_PROFILE: "local", MILLRACE_HOME: join(locked, "home") })).toMatchObject([
      { check: "store", hint: expect.stringContaining("MILLRACE_HOME") as string },
    ]);
  });

  test("trigger --wait says why a step has not started", async () => {
    writeFileSync(
      join(home, "patient.ts"),
      `import { flow } from "millrace";\nexport default flow("Unhurried").step("start", { retry: 1 }, () => ({}));\n`,
    );
    await millrace(["deploy", join(home, "patient.ts")]);
    await account.rig("POST", environment, { state: "DISABLED" });
    let fixing: Promise<unknown> | undefined;
    const { code, said } = await millrace(["trigger", "Unhurried", "--wait"], {}, (heard) => {
      if (heard.includes("is disabled")) fixing ??= account.rig("POST", environment, { state: "ENABLED" });
    });
    await fixing;
    expect(said).toMatch(/\nstart the compute environment \S+ of its queue \S+ is disabled\. Enable it/);
    expect([said.trimEnd().split("\n").at(-1), code]).toEqual(["Done!", 0]);
  });
});
