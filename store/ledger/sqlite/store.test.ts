import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MillraceError } from "../../../graph/errors.ts";
import { aRun, end, start } from "../conformance-fixtures.ts";
import { openSqliteLedger, sqliteLedger } from "./sqlite-ledger.ts";
import { storeError } from "./error.ts";
import { openSqliteStore } from "./store.ts";

describe("a store", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-store-"));
    path = join(folder, "ledger.sqlite");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("is made with its folder where there is none, and is there when it is opened again", async () => {
    path = join(folder, "deep", "er", "ledger.sqlite");
    const ledger = await openSqliteLedger(path);
    const run = await ledger.createRun(aRun());
    await ledger.close();
    const again = await openSqliteLedger(path);
    expect(await again.readRun(run)).toEqual(run);
    await again.close();
  });

  test("may have a name with any character", async () => {
    path = join(folder, "größe 100%?#.sqlite");
    const ledger = await openSqliteLedger(path);
    await ledger.createRun(aRun());
    await ledger.close();
    expect(statSync(path).isFile()).toBe(true);
  });

  test("that a later version wrote is left alone", async () => {
    const store = await openSqliteStore(path);
    store.run("pragma user_version = 99", []);
    store.close();
    await expect(openSqliteLedger(path)).rejects.toMatchObject({
      code: "store.newer",
      message: expect.stringContaining(path),
      hint: expect.stringContaining("MILLRACE_HOME"),
    });
  });

  test("that an earlier version wrote keeps its runs, and is this version's from then on", async () => {
    const ledger = await openSqliteLedger(path);
    const run = await ledger.createRun(aRun());
    await ledger.close();
    const earlier = new Database(path);
    earlier.exec(
      "alter table runs drop column secret; alter table runs drop column principals; pragma user_version = 1",
    );
    earlier.close();
    const [one, other] = await Promise.all([openSqliteLedger(path), openSqliteLedger(path)]);
    expect(await one.readRunAndSecret(run)).toEqual({ run });
    const next = await other.createRun(aRun({ secret: "told" }));
    expect(await one.readRunAndSecret(next)).toEqual({ run: next, secret: "told" });
    await Promise.all([one.close(), other.close()]);
  });

  test("whose file is something else is damaged", async () => {
    writeFileSync(path, "not a database at all. ".repeat(1000));
    await expect(openSqliteLedger(path)).rejects.toMatchObject({ code: "store.damaged" });
  });

  test("that lost its end is damaged, and says so when it is read", async () => {
    const ledger = await openSqliteLedger(path);
    const run = await ledger.createRun(aRun());
    for (let from = 0; from < 5000; from += 500) {
      const indices = Array.from({ length: 500 }, (_, at) => String(from + at));
      await ledger.startAttempts(
        run,
        indices.map((index) => start({ index })),
      );
    }
    await ledger.close();
    const writer = new Database(path);
    writer.exec("pragma wal_checkpoint(truncate)");
    writer.close();
    truncateSync(path, 8192 * 12);
    const torn = await openSqliteLedger(path);
    await expect(torn.listTasks(run, "compute", { limit: 1000 })).rejects.toMatchObject({
      code: "store.damaged",
    });
    await torn.close();
  });

  test.each([
    ["is a folder", () => mkdirSync(path)],
    [
      "lies in what is a file",
      () => {
        writeFileSync(join(folder, "file"), "");
        path = join(folder, "file", "ledger.sqlite");
      },
    ],
  ])("that %s cannot be opened", async (_what, prepare) => {
    prepare();
    await expect(openSqliteLedger(path)).rejects.toMatchObject({
      code: "store.failed",
      hint: expect.any(String),
    });
  });

  test("with no room left refuses what does not fit as a whole, keeps what it has, and goes on when there is room", async () => {
    const store = await openSqliteStore(path);
    const ledger = sqliteLedger(store);
    const run = await ledger.createRun(aRun());
    const [[pages]] = store.all<[number]>("pragma page_count", []) as [[number]];
    store.all(`pragma max_page_count = ${pages + 1}`, []);
    const starts = Array.from({ length: 500 }, (_, at) => start({ index: String(at) }));
    await expect(ledger.startAttempts(run, starts)).rejects.toMatchObject({ code: "store.full" });
    expect((await ledger.listTasks(run, "compute")).items).toEqual([]);
    expect(await ledger.readRun(run)).toEqual(run);
    store.all("pragma max_page_count = 100000", []);
    await ledger.startAttempts(run, starts);
    expect(await ledger.finishAttempts(run, [end()])).toEqual(["accepted"]);
    await ledger.close();
  });

  test("that another program does not let go of is busy", async () => {
    await (await openSqliteLedger(path)).close();
    const [holder, waiter] = [new Database(path), new Database(path)];
    holder.exec("begin immediate");
    let thrown: unknown;
    try {
      waiter.exec("begin immediate");
    } catch (error) {
      thrown = storeError(error, path);
    }
    holder.close();
    waiter.close();
    expect(thrown).toMatchObject({ code: "store.busy" });
  });

  test("does not take the blame for a mistake in our own statements", async () => {
    const store = await openSqliteStore(":memory:");
    expect(() => store.all("select nonsense", [])).toThrow(expect.not.objectContaining({ name: "MillraceError" }));
    expect(() =>
      store.write(() => {
        throw new TypeError("a bug");
      }),
    ).toThrow(TypeError);
    expect(store.write(() => "and is not left inside a transaction")).toBeTypeOf("string");
    store.close();
  });

  test("keeps nothing of a transaction that throws", async () => {
    const store = await openSqliteStore(":memory:");
    const insert = "insert into flows (namespace, flow, newest) values ('', ?, 1)";
    expect(() =>
      store.write(() => {
        store.run(insert, ["Flow"]);
        throw new MillraceError("run.over", "it has ended");
      }),
    ).toThrow(MillraceError);
    expect(store.all("select flow from flows where namespace = ''", [])).toEqual([]);
    store.close();
  });
});
