import { beforeEach, describe } from "vitest";
import { finishingConformance } from "./conformance-finishing.ts";
import { runsConformance } from "./conformance-runs.ts";
import { startingConformance } from "./conformance-starting.ts";
import { tasksConformance } from "./conformance-tasks.ts";
import { unknownRunConformance } from "./conformance-unknown-run.ts";
import type { Ledger } from "./ledger.ts";

/**
 * Declares the tests that every implementation of the port passes. `open` opens the ledger anew, before each test and
 * within some: it may be the same store each time, since the tests make flows of their own.
 */
export function ledgerConformance(open: () => Promise<Ledger>): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = await open();
    return () => ledger.close();
  });
  describe("runs", () => {
    runsConformance(() => ledger);
  });
  describe("a run that nobody created", () => {
    unknownRunConformance(() => ledger);
  });
  describe("attempts", () => {
    startingConformance(() => ledger);
    finishingConformance(() => ledger);
  });
  describe("tasks and steps", () => {
    tasksConformance(() => ledger);
  });
}
