import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import Database from "libsql";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { created, everyPage } from "../conformance-fixtures.ts";
import type { Ledger } from "../ledger.ts";
import { openSqliteLedger } from "./sqlite-ledger.ts";
import { openSqliteStore } from "./store.ts";

/** What a process of these tests does with the ledger; it prints a line for whatever the ledger has answered. */
const PROGRAM = `
  import { openSqliteLedger } from "./sqlite-ledger.ts";
  const [path, job, name] = process.argv.slice(2);
  const page = (from) => Array.from({ length: 20 }, (_, at) => ({ step: "compute", index: name + "." + (from + at) }));
  async function write(ledger, run, from) {
    await ledger.startAttempts(run, page(from).map((task) => ({ ...task, at: 1, by: "process " + name })));
    await ledger.finishAttempts(run, page(from).map((task) => ({ ...task, attempt: 1, at: 2, status: "succeeded", manifest: {} })));
  }
  const newRun = { flow: "Flow", namespace: "user:ada", user: "ada", tags: [], createdAt: 1, codePackage: "", graph: "", parameters: {} };
  const told = (error) => console.log(error.code);
  const ledger = await openSqliteLedger(path).catch(told);
  if (job === "look" && ledger !== undefined) {
    console.log((await ledger.listRuns({ flow: "Flow" })).items.length);
    await ledger.createRun(newRun).catch(told);
  }
  if (job === "create") for (let at = 0; at < 40; at += 1) console.log((await ledger.createRun(newRun)).run);
  if (job === "write") for (let from = 0; from < 400; from += 20) await write(ledger, { flow: "Flow", run: 1 }, from);
  if (job === "start") {
    const starts = Array.from({ length: 50 }, (_, at) => ({ step: "compute", index: String(at), at: 1, by: "process " + name }));
    for (const start of starts) console.log((await ledger.startAttempts({ flow: "Flow", run: 1 }, [start]))[0].attempt);
  }
  if (job === "forever") {
    for (let from = 0; ; from += 20) {
      await write(ledger, { flow: "Flow", run: 1 }, from);
      process.stdout.write(from + 20 + "\\n");
    }
  }
`;

const ROOT = join(import.meta.dirname, "../../..");

/** Permissions do not bind root, who becomes "nobody". */
const BOUND = process.getuid?.() === 0 ? { uid: 65_534 } : {};

const NAMES = ["0", "1", "2", "3", "4", "5"];

describe("a SQLite file that several processes use", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-ledger-"));
  const program = join(folder, "program.mjs");
  let path: string;
  let files = 0;

  beforeAll(async () => {
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
    await build({
      stdin: { contents: PROGRAM, resolveDir: import.meta.dirname, loader: "ts" },
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      outfile: program,
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    files += 1;
    path = join(folder, `${files}`, "ledger.sqlite");
  });

  function begin(job: string, name: string, user: { uid?: number } = {}): ChildProcess {
    return spawn(process.execPath, [program, path, job, name], {
      stdio: ["ignore", "pipe", "inherit"],
      ...user,
    });
  }

  /** What a user who may only read is told: how many runs there are, and what comes of making one. */
  async function look(): Promise<string[]> {
    chmodSync(folder, 0o755);
    chmodSync(dirname(path), 0o555);
    for (const file of readdirSync(dirname(path))) chmodSync(join(dirname(path), file), 0o444);
    const child = begin("look", "0", BOUND);
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout! })) lines.push(line);
    chmodSync(dirname(path), 0o755);
    return lines;
  }

  /** The numbers that each process printed. */
  function all(job: string): Promise<number[][]> {
    return Promise.all(
      NAMES.map(async (name) => {
        const child = begin(job, name);
        const ended = once(child, "exit");
        const numbers: number[] = [];
        for await (const line of createInterface({ input: child.stdout! })) numbers.push(Number(line));
        expect(await ended).toEqual([0, null]);
        return numbers;
      }),
    );
  }

  test("is made by whoever comes first, and gives each run a number of its own", async () => {
    const numbers = await all("create");
    expect(numbers.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 240 }, (_, at) => at + 1));
    for (const mine of numbers) expect(mine).toEqual(mine.toSorted((a, b) => a - b));
  });

  test("loses none of the tasks that they write at once", async () => {
    const ledger = await openSqliteLedger(path);
    await created(ledger, { flow: "Flow" });
    await all("write");
    expect(await indices(ledger)).toEqual(
      NAMES.flatMap((name) => Array.from({ length: 400 }, (_, at) => `${name}.${at}`)),
    );
    expect(await ledger.listSteps({ flow: "Flow", run: 1 })).toMatchObject([
      { running: 0, succeeded: 2400, failed: 0 },
    ]);
    await ledger.close();
  });

  test("gives each of them an attempt of its own of the same task", async () => {
    const ledger = await openSqliteLedger(path);
    await created(ledger, { flow: "Flow" });
    const attempts = await all("start");
    for (let task = 0; task < 50; task += 1) {
      expect(attempts.map((mine) => mine[task]).toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
    }
    expect(await ledger.listSteps({ flow: "Flow", run: 1 })).toMatchObject([{ running: 50, failed: 0 }]);
    await ledger.close();
  });

  test("opens at once after one was killed, with everything that it was told was kept", async () => {
    const before = await openSqliteLedger(path);
    await created(before, { flow: "Flow" });
    await before.close();

    const child = begin("forever", "0");
    const ended = once(child, "exit");
    let told = 0;
    for await (const line of createInterface({ input: child.stdout! })) {
      told = Number(line);
      if (told === 600) child.kill("SIGKILL");
    }
    expect(await ended).toEqual([null, "SIGKILL"]);

    const ledger = await openSqliteLedger(path);
    expect((await indices(ledger)).slice(0, told)).toEqual(Array.from({ length: told }, (_, at) => `0.${at}`));
    expect((await indices(ledger)).length % 20).toBe(0);
    expect((await ledger.createRun({ ...(await ledger.readRun({ flow: "Flow", run: 1 }))! })).run).toBe(2);
    await ledger.close();

    const store = await openSqliteStore(path);
    expect(store.all("pragma integrity_check", [])).toEqual([["ok"]]);
    store.close();
  });

  describe.runIf(permissionsBind())("and that a user may only read", () => {
    test("is not made where there is none", async () => {
      mkdirSync(dirname(path));
      expect(await look()).toEqual(["store.readOnly"]);
    });

    test("can be read, not written", async () => {
      const ledger = await openSqliteLedger(path);
      await created(ledger, { flow: "Flow" });
      await ledger.close();
      mergeLog(path);
      expect(await look()).toEqual(["1", "store.readOnly"]);
    });

    test("is never read without what stands in its log", async () => {
      const ledger = await openSqliteLedger(path);
      await created(ledger, { flow: "Flow" });
      mergeLog(path);
      await created(ledger, { flow: "Flow" });
      expect([["store.readOnly"], ["2", "store.readOnly"]]).toContainEqual(await look());
      await ledger.close();
    });
  });
});

/** Whether there is a user whom permissions bind, and who may run programs of this folder at all. */
function permissionsBind(): boolean {
  const options = { ...BOUND, cwd: ROOT };
  return process.platform !== "win32" && spawnSync(process.execPath, ["-e", "require('libsql')"], options).status === 0;
}

/** Leaves the file as the last process to close it does: whole, with no log beside it. */
function mergeLog(path: string): void {
  const writer = new Database(path);
  writer.exec("pragma wal_checkpoint(truncate)");
  writer.close();
}

async function indices(ledger: Ledger): Promise<string[]> {
  const read = (cursor?: string) =>
    ledger.listTasks({ flow: "Flow", run: 1 }, "compute", {
      limit: 1000,
      ...(cursor ? { cursor } : {}),
    });
  return (await everyPage(read)).items.map(({ index }) => index);
}
