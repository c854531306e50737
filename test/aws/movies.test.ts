import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { register, run, trigger } from "millrace";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import movies from "../../examples/movies.ts";
import { jsonLines } from "../support/workspace.ts";
import { isSkipped } from "./account.ts";
import { borrowAccount } from "./lent.ts";
import { isWidest } from "../widest.ts";

const account = await borrowAccount();
const repository = join(import.meta.dirname, "..", "..");
const file = join(repository, "examples", "movies.ts");
const program = join(repository, "dist", "bin.cjs");
const artifacts = ["genres", "movies", "row", "rows", "best", "statistics", "playlist"];

interface Dumped {
  readonly pathspec: string;
  readonly status: string;
  readonly artifacts: Readonly<Record<string, unknown>>;
}

describe.skipIf(isSkipped(account))("examples/movies.ts in an account", () => {
  if (isSkipped(account)) return;
  const home = mkdtempSync(join(tmpdir(), "millrace-movies-"));
  const env = { ...process.env, ...account.env, MILLRACE_HOME: home, NO_COLOR: "1", CI: "true" };

  async function call(cwd: string, ...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }
  const millrace = (...args: string[]) => call(repository, program, ...args);

  /** What every task of a run left, whatever the run's number. */
  async function leftBy(pathspec: string): Promise<Dumped[]> {
    const dumped = jsonLines(await millrace("dump", pathspec, ...artifacts, "--json")) as Dumped[];
    return dumped
      .map((task) => ({ ...task, pathspec: task.pathspec.replace(/^Movies\/\d+\//, "") }))
      .toSorted((a, b) => (a.pathspec < b.pathspec ? -1 : 1));
  }

  let expected: Dumped[];

  beforeAll(async () => {
    await millrace("run", file);
    expected = await leftBy("Movies/1");
    await millrace("configure", "aws", "--stack", "millrace-lent");
  }, 300_000);

  afterAll(async () => {
    await account.stop();
    rmSync(home, { recursive: true, force: true });
  });

  test("leaves by deploy and trigger what it leaves on this machine", async () => {
    const deployed = await millrace("deploy", file);
    expect(deployed).toMatch(/^Movies is deployed to AWS Step Functions: version 1\./);
    expect(deployed).toMatch(/production:Movies-\d+-\w+/);
    const triggered = await millrace("trigger", "Movies", "--wait", "--json");
    expect(JSON.parse(triggered)).toMatchObject({ flow: "Movies", run: 1, status: "succeeded" });
    expect(await leftBy("Movies/1")).toEqual(expected);
  }, 300_000);

  test("leaves the same from this machine, with its steps on Batch", async () => {
    const told = await millrace("run", file, "--with", "batch");
    expect(told).toMatch(/^\[\d+\/start\/0\] \[[\w-]+\] Task is starting \(status SUBMITTED\)\.\.\.$/m);
    const [, run] = /\(run-id (\d+)\)/.exec(told)!;
    expect(await leftBy(`Movies/${run}`)).toEqual(expected);
  }, 300_000);

  test("is read there by the commands that read what is here", async () => {
    expect(await millrace("runs", "Movies")).toMatch(/Movies\/2 +succeeded[^]*Movies\/1 +succeeded/);
    expect(await millrace("runs", "--status", "succeeded")).toMatch(/Movies\/\d+ +succeeded/);
    expect(await millrace("logs", "Movies/1/end")).toContain("Task finished with exit code 0.");
  }, 120_000);

  test("deployed again unchanged, nothing is uploaded", async () => {
    expect(await millrace("deploy", file)).toMatch(/version 2\.\n.*it was stored already/);
  }, 120_000);

  test.skipIf(!isWidest)(
    "leaves the same from a program",
    async () => {
      for (const [name, value] of Object.entries({ ...account.env, MILLRACE_HOME: home })) process.env[name] = value;
      const here = await run(movies, {}, { home: join(home, "program") });
      const registered = await register(movies);
      expect(registered).toMatchObject({ flow: "Movies", version: 3 });
      const there = await trigger(movies, {}, { wait: true });
      expect(there.status).toBe("succeeded");
      expect(there.artifacts("end").playlist).toEqual(here.artifacts("end").playlist);
      expect(there.artifacts("end").statistics).toEqual(here.artifacts("end").statistics);
      expect(there.tasks("quartiles").map(({ artifacts }) => artifacts.row)).toEqual(
        here.tasks("quartiles").map(({ artifacts }) => artifacts.row),
      );
    },
    300_000,
  );

  test("is gone once it is undeployed, and its runs can still be read", async () => {
    await millrace("undeploy", "Movies");
    await expect(millrace("trigger", "Movies")).rejects.toThrow(/Movies/);
    expect(await millrace("runs", "Movies")).toMatch(/Movies\/2 +succeeded/);
    expect(await millrace("runs", "--status", "succeeded")).toMatch(/Movies\/\d+ +succeeded/);
  }, 120_000);
});
