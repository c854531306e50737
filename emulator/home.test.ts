import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { localBlobConformance } from "../store/blobs/conformance.ts";
import { ledgerConformance } from "../store/ledger/conformance.ts";
import type { Run } from "../store/ledger/ledger.ts";
import { MillraceError } from "../graph/errors.ts";
import { findHome, openStore, settleAbandoned, type Store } from "./home.ts";

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-home-")));
  vi.stubEnv("MILLRACE_HOME", undefined);
  vi.spyOn(process, "cwd").mockReturnValue(folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

function makeFolders(...paths: string[]): void {
  for (const path of paths) mkdirSync(join(folder, path), { recursive: true });
}

describe("where the store is", () => {
  test("beside the flow's file", () => {
    expect(findHome(join(folder, "flows", "a.ts"))).toBe(join(folder, "flows", ".millrace"));
  });

  test("where MILLRACE_HOME says, before all else", () => {
    vi.stubEnv("MILLRACE_HOME", join(folder, "elsewhere"));
    expect(findHome(join(folder, "a.ts"))).toBe(join(folder, "elsewhere"));
    expect(findHome()).toBe(join(folder, "elsewhere"));
  });

  test.each([
    ["in the working directory", [".millrace", "below/.millrace"], "", ".millrace"],
    ["in the nearest folder above", [".millrace", "a/b"], "a/b", ".millrace"],
    [
      "in the only folder below that has one",
      ["examples/.millrace", "node_modules/x/.millrace"],
      "",
      "examples/.millrace",
    ],
    ["two folders below", ["a/b/.millrace"], "", "a/b/.millrace"],
  ])("without a file, %s", (_, folders, cwd, home) => {
    makeFolders(...folders);
    vi.mocked(process.cwd).mockReturnValue(join(folder, cwd));
    expect(findHome()).toBe(join(folder, home));
  });

  test.each([
    ["none", ["a/b/c/.millrace"], "store.missing", /no run was made here: there is no \.millrace in/],
    ["more than one", ["a/.millrace", "b/.millrace"], "store.ambiguous", /: a\/\.millrace, b\/\.millrace$/],
  ])("without a file, %s below is told with what was looked at", (_, folders, code, message) => {
    makeFolders(...folders);
    expect(() => findHome()).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

describe("the store's folder", () => {
  test("is made, and kept out of git", async () => {
    const store = openStore(join(folder, ".millrace"));
    expect(readFileSync(join(store.home, ".gitignore"), "utf8")).toBe("*\n");
    await store.close();
  });

  test("is not made to read it", () => {
    expect(() => openStore(join(folder, ".millrace"), { readonly: true })).toThrow(MillraceError);
    expect(() => readFileSync(join(folder, ".millrace", ".gitignore"))).toThrow("ENOENT");
  });

  test("gives a range of a log and no byte more", async () => {
    const store = openStore(join(folder, ".millrace"));
    makeFolders(".millrace/logs/2026-01");
    writeFileSync(join(store.logs, "2026-01", "w.log"), "before[task]after");
    expect(await textOf(store.readLog({ stream: "2026-01/w.log", from: 6, to: 12 }))).toBe("[task]");
    expect(await textOf(store.readLog({ stream: "2026-01/w.log", from: 6, to: 6 }))).toBe("");
  });

  test("says which log is gone", async () => {
    const store = openStore(join(folder, ".millrace"));
    await expect(textOf(store.readLog({ stream: "2026-01/gone.log", from: 0, to: 1 }))).rejects.toMatchObject({
      code: "log.missing",
    });
  });
});

describe("the store's ledger, which the first question opens", () => {
  ledgerConformance(async () => openStore(join(folder, ".millrace")).ledger);

  test("is not opened to be closed", async () => {
    const store = openStore(join(folder, ".millrace"));
    await store.close();
    expect(existsSync(join(store.home, "ledger.sqlite"))).toBe(false);
  });

  test("is all there where it is copied", async () => {
    const store = openStore(join(folder, ".millrace"));
    expect(await { ...store.ledger }.listFlows({})).toEqual({ items: [] });
    await store.close();
  });
});

describe("the store's blobs", () => {
  localBlobConformance(() => openStore(mkdtempSync(join(folder, "blobs-"))).blobs);
});

async function textOf(pieces: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString();
}

function deadPid(): number {
  return spawnSync(process.execPath, ["-e", "0"]).pid;
}

describe("a run whose program is gone", () => {
  const now = 1_700_000_100_000;
  let store: Store;
  beforeEach(() => {
    store = openStore(join(folder, ".millrace"));
  });
  afterEach(() => store.close());

  async function createRun(owner: Run["owner"], silentSeconds: number): Promise<Run> {
    const run = await store.ledger.createRun({
      flow: "Stats",
      namespace: "user:ada",
      user: "ada",
      tags: [],
      createdAt: now - silentSeconds * 1000,
      codePackage: "0".repeat(64),
      graph: "0".repeat(64),
      parameters: {},
      ...(owner && { owner }),
    });
    await store.ledger.startAttempts(run, [{ step: "start", index: "0", at: now, by: "1" }]);
    return run;
  }

  test.each<[string, () => Run["owner"], number, string]>([
    ["was killed on this machine", () => ({ host: hostname(), pid: deadPid() }), 1, "ended without a word"],
    [
      "has been silent for long on another machine",
      () => ({ host: "elsewhere", pid: 1 }),
      121,
      "(pid 1 on elsewhere) has said nothing for 121 seconds",
    ],
    [
      "has been silent for long though its pid is there",
      () => ({ host: hostname(), pid: process.pid }),
      901,
      "has said nothing for 901 seconds",
    ],
  ])("is failed where it %s, and its tasks with it", async (_, owner, silent, message) => {
    const run = await createRun(owner(), silent);
    const settled = await settleAbandoned(store.ledger, run, now);
    expect(settled).toMatchObject({
      status: "failed",
      finishedAt: now,
      error: { name: "Abandoned", message: expect.stringContaining(message) },
    });
    expect(await store.ledger.readRun(run)).toMatchObject({ status: "failed" });
    expect((await store.ledger.readTasks(run, [{ step: "start", index: "0" }]))[0]).toMatchObject({
      status: "failed",
      error: { name: "Abandoned" },
    });
  });

  test.each<[string, Run["owner"], number]>([
    ["is alive", { host: hostname(), pid: process.pid }, 1],
    ["is alive, on a machine that slept", { host: hostname(), pid: process.pid }, 600],
    ["spoke a moment ago on another machine", { host: "elsewhere", pid: 1 }, 119],
    ["is a service", undefined, 1000],
  ])("is left alone where its program %s", async (_, owner, silent) => {
    const run = await createRun(owner, silent);
    expect(await settleAbandoned(store.ledger, run, now)).toMatchObject({ status: "running" });
  });

  test("keeps the end that it came to in the meantime", async () => {
    const run = await createRun({ host: hostname(), pid: deadPid() }, 1);
    await store.ledger.updateRun(run, { status: "succeeded", finishedAt: now });
    expect(await settleAbandoned(store.ledger, run, now)).toMatchObject({ status: "succeeded" });
  });
});
