import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ledgerConformance } from "../conformance.ts";
import { aRun } from "../conformance-fixtures.ts";
import { sqliteLedger } from "./sqlite-ledger.ts";
import { openSqliteStore, type SqliteStore } from "./store.ts";

describe("the SQLite ledger", () => {
  const statements = new Set<string>();

  ledgerConformance(async () => sqliteLedger(noting(statements, await openSqliteStore(":memory:"))));

  describe("after all that the tests above asked of it", () => {
    let store: SqliteStore;
    beforeAll(async () => {
      store = await openSqliteStore(":memory:");
    });
    afterAll(() => store.close());

    /** Of each statement, the steps of its plan that fit, led by the statement itself. */
    function steps(fits: (step: string, sql: string) => boolean): string[] {
      return [...statements].flatMap((sql) => {
        const plan = store.all<[number, number, number, string]>(`explain query plan ${sql}`, []);
        return plan.filter(([, , , step]) => fits(step, sql)).map(([, , , step]) => `${sql}: ${step}`);
      });
    }

    test("no statement has read a whole table or an index from end to end", () => {
      expect(statements.size).toBeGreaterThan(30);
      expect(steps((step) => /^SCAN (?!j\b|CONSTANT ROW)/.test(step))).toEqual([]);
    });

    test("no page of a list was sorted after it was read", () => {
      expect(steps((step, sql) => sql.includes("limit ?") && step.includes("TEMP B-TREE"))).toEqual([]);
    });

    test("no statement has looked at the tasks of more than one step", () => {
      const widely = /^SEARCH (t|tasks|past_attempts) (?!.*run_id=\? AND step=\?)/;
      expect(steps((step, sql) => /\b(tasks|past_attempts)\b/.test(sql) && widely.test(step))).toEqual([]);
    });
  });

  test("steps that start in one millisecond come in the order they were recorded", async () => {
    const ledger = sqliteLedger(await openSqliteStore(":memory:"));
    const run = await ledger.createRun(aRun());
    for (const step of ["start", "compute", "a", "end"]) {
      await ledger.startAttempts(run, [{ step, index: "0", at: 7, by: "pid 1" }]);
    }
    expect((await ledger.listSteps(run)).map(({ step }) => step)).toEqual(["start", "compute", "a", "end"]);
  });

  test("a ledger that was closed says so", async () => {
    const ledger = sqliteLedger(await openSqliteStore(":memory:"));
    await ledger.close();
    await expect(ledger.readRun({ flow: "F", run: 1 })).rejects.toThrow("closed");
  });
});

/** The store, adding what it is asked to `statements`. */
function noting(statements: Set<string>, store: SqliteStore): SqliteStore {
  const noted = (sql: string) => {
    statements.add(sql);
    return sql;
  };
  return {
    ...store,
    all: (sql, values) => store.all(noted(sql), values),
    get: (sql, values) => store.get(noted(sql), values),
    run: (sql, values) => store.run(noted(sql), values),
  };
}
