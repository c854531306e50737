import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { wallClockAt } from "../../graph/wall-clock.ts";
import { jsonLines } from "../support/workspace.ts";
import { isSkipped } from "./account.ts";
import { borrowAccount } from "./lent.ts";

const account = await borrowAccount();
const repository = join(import.meta.dirname, "../..");

/** As EventBridge Scheduler has it. */
interface Kept {
  readonly Name: string;
  readonly State: string;
  readonly ScheduleExpressionTimezone: string;
  readonly FlexibleTimeWindow: object;
  readonly EndDate: number | null;
  readonly Target: { readonly Input: string };
}

const MINUTE = 60_000;
/** When the schedules come due: the clock is put there. */
const due = Math.ceil(Date.now() / MINUTE) * MINUTE + 20 * MINUTE;
const endAt = new Date(due + 48 * 60 * MINUTE).toISOString().replace(/\.000Z$/, "Z");

/** A cron for that minute alone, by the clocks of a time zone. */
function cronAt(time: number, timezone: string): string {
  const wall = new Date(wallClockAt(time, timezone));
  const [minute, hour, day] = [wall.getUTCMinutes(), wall.getUTCHours(), wall.getUTCDate()];
  return `${minute} ${hour} ${day} ${wall.getUTCMonth() + 1} ? ${wall.getUTCFullYear()}`;
}

const berlin = {
  cron: cronAt(due, "Europe/Berlin"),
  timezone: "Europe/Berlin",
  jitter: "5m",
  input: { who: "Berlin" },
};
const kolkata = { cron: cronAt(due, "Asia/Kolkata"), timezone: "Asia/Kolkata", input: { who: "Kolkata" } };
const hourly = { cron: `${new Date(due).getUTCMinutes()} * * * ? *`, startAt: "2020-01-01T00:00:00Z", endAt };

describe.skipIf(isSkipped(account))("a flow with schedules in an account", () => {
  if (isSkipped(account)) return;
  const folder = mkdtempSync(join(tmpdir(), "millrace-schedules-"));
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"), "dir");
  const env = { ...process.env, ...account.env, MILLRACE_HOME: join(folder, "home"), NO_COLOR: "1", CI: "true" };
  const program = join(repository, "dist", "bin.cjs");
  const call = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, [program, ...args], { cwd: folder, env })).stdout;
  const deploy = (...schedules: object[]) => {
    writeFileSync(
      join(folder, "timed.ts"),
      `import { flow } from "millrace";
      import { z } from "zod";
      export default flow("Timed", {
        params: { who: z.string().default("nobody") },
        schedule: ${JSON.stringify(schedules)},
      }).step("greet", ({ who }) => ({ greeting: "Hello, " + who }));`,
    );
    return call("deploy", "timed.ts");
  };
  const kept = async () => {
    const all = (await account.rig("GET", "scheduler/millrace-lent")) as unknown as Kept[];
    return all.filter(({ Name }) => Name.startsWith("Timed__"));
  };
  const names = async () => (await kept()).map(({ Name }) => Name);
  const pass = (milliseconds: number) => account.rig("POST", "scheduler/clock", { seconds: milliseconds / 1000 });
  const runs = async () => jsonLines(await call("runs", "Timed", "--json")) as { run: number; status: string }[];
  const succeeded = (count: number) =>
    vi.waitUntil(
      async () => {
        const all = await runs().catch(() => []);
        return all.length >= count && all.every(({ status }) => status === "succeeded") ? all : undefined;
      },
      { timeout: 120_000, interval: 500 },
    );

  beforeAll(() => call("configure", "aws", "--stack", "millrace-lent"), 60_000);
  afterAll(async () => {
    await account.rig("DELETE", "scheduler/clock");
    await account.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("has one of EventBridge Scheduler's for each", async () => {
    const said = await deploy(berlin, kolkata, hourly);
    expect(said).toContain(`the schedule cron(${berlin.cron}) Europe/Berlin, up to 5 minutes later`);
    const found = await kept();
    expect(found.map(({ Name, State }) => [/^Timed__[0-9a-f]{16}$/.test(Name), State])).toEqual(
      Array.from({ length: 3 }, () => [true, "ENABLED"]),
    );
    const [one] = found.filter(({ ScheduleExpressionTimezone: zone }) => zone === "Europe/Berlin");
    expect(one).toMatchObject({ FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 5 } });
    expect(found.find(({ ScheduleExpressionTimezone: zone }) => zone === "UTC")?.EndDate).toBe(
      Date.parse(endAt) / 1000,
    );
  }, 120_000);

  test("is started once by each of them when its time comes, with what it gives", async () => {
    await pass(due - Date.now() + 6 * MINUTE);
    const all = await succeeded(3);
    expect(all).toHaveLength(3);
    const dumped = await Promise.all(all.map(({ run }) => call("dump", `Timed/${run}/greet`, "greeting", "--json")));
    const greetings = dumped.flatMap((text) => jsonLines(text) as { artifacts: { greeting: string } }[]);
    expect(greetings.map(({ artifacts }) => artifacts.greeting).toSorted()).toEqual([
      "Hello, Berlin",
      "Hello, Kolkata",
      "Hello, nobody",
    ]);
  }, 180_000);

  test("loses exactly the one that its next version lacks", async () => {
    const before = await names();
    await deploy(hourly, berlin);
    const after = await names();
    expect(before.filter((name) => !after.includes(name))).toHaveLength(1);
    expect(after.filter((name) => !before.includes(name))).toEqual([]);
    expect((await kept()).map(({ Target }) => Target.Input)).not.toContainEqual(expect.stringContaining("Kolkata"));
  }, 120_000);

  test("is started by none while it is paused, deployed anew or not, and by the next once it is unpaused", async () => {
    expect(await call("pause", "Timed")).toContain("Timed is paused");
    expect(await deploy(hourly, berlin)).toContain("not while it is paused");
    expect((await kept()).map(({ State }) => State)).toEqual(["DISABLED", "DISABLED"]);
    await pass(60 * MINUTE);
    expect(await call("unpause", "Timed")).toContain("Timed is no longer paused");
    await pass(60 * MINUTE);
    expect(await succeeded(4)).toHaveLength(4);
  }, 180_000);

  test("leaves no schedule when it goes", async () => {
    await call("undeploy", "Timed");
    expect(await names()).toEqual([]);
  }, 60_000);
});
