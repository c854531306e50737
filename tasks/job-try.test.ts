import { beforeEach, describe, expect, test } from "vitest";
import type { StepOptions } from "../graph/graph.ts";
import type { BatchAttempt } from "../aws/batch/job.ts";
import type { Ledger } from "../store/ledger/ledger.ts";
import type { RunKey } from "../graph/run-name.ts";
import { openSqliteLedger } from "../store/ledger/sqlite/sqlite-ledger.ts";
import { nextTry } from "./job-try.ts";

const TASK = { step: "fit", index: "0" };
const RECLAIMED: BatchAttempt = { statusReason: "Your Spot Task was interrupted." };
const KILLED: BatchAttempt = { statusReason: "Essential container in task exited", container: { exitCode: 137 } };

describe("a job's attempt", () => {
  let ledger: Ledger;
  let run: RunKey;
  /** What Batch says became of the job's attempts. */
  let known: BatchAttempt[];
  let asked = 0;
  let clock = 0;

  beforeEach(async () => {
    ledger = await openSqliteLedger(":memory:");
    run = await ledger.createRun({
      flow: "Flow",
      namespace: "user:ann",
      user: "ann",
      tags: [],
      createdAt: 0,
      codePackage: "",
      graph: "",
      parameters: {},
    });
    known = [];
    asked = 0;
    clock = 0;
  });

  const jobs = {
    describe: async () => {
      asked += 1;
      return [{ jobId: "job", status: "RUNNABLE", attempts: known }];
    },
    failedChild: async () => undefined,
  };

  /** Begins attempt `number` of the job, as its container does; ends it at once where an error is given. */
  async function begin(
    number: number,
    options: StepOptions,
    { error, by = `job#${number}` }: { error?: string; by?: string } = {},
  ) {
    const tried = await nextTry({ ledger, jobs, now: () => clock }, run, { ...TASK, by, options });
    const [begun] = await ledger.startAttempts(run, [{ ...TASK, by, at: clock }]);
    if (error !== undefined && begun!.state === "started")
      await ledger.finishAttempts(run, [
        { ...TASK, attempt: begun!.attempt, at: clock, status: "failed", error: { name: error, message: "" } },
      ]);
    return tried;
  }

  test("is the last one where the step has used up the others", async () => {
    const options = { retry: 1 };
    expect(await begin(1, options, { error: "TypeError" })).toMatchObject({ last: false });
    expect(await begin(2, options, { error: "TypeError" })).toMatchObject({ last: true });
    await expect(begin(3, options)).rejects.toMatchObject({
      code: "attempt.refused",
      message: "flow Flow, step fit: the step has used up its 2 attempts",
    });
  });

  test("of a step without retry is the last one", async () => {
    expect(await begin(1, {})).toEqual({ last: true, waitSeconds: 0 });
  });

  test("that was told to end costs the step no try", async () => {
    const options = { retry: 1 };
    await begin(1, options, { error: "Interrupted" });
    await begin(2, options, { error: "Interrupted" });
    expect(await begin(3, options, { error: "TypeError" })).toMatchObject({ last: false });
    expect(await begin(4, options)).toMatchObject({ last: true });
  });

  test("that died without a word with its machine costs none either, and is told so", async () => {
    await begin(1, { retry: 1 });
    known = [RECLAIMED];
    expect(await begin(2, { retry: 1 })).toMatchObject({ last: false });
    const [first] = await ledger.listAttempts(run, TASK);
    expect(first).toMatchObject({ status: "failed", error: { name: "Reclaimed" } });
  });

  test("that died without a word by its own fault costs one, and is told why", async () => {
    await begin(1, { retry: 1 });
    known = [KILLED];
    expect(await begin(2, { retry: 1 })).toMatchObject({ last: true });
    const [first] = await ledger.listAttempts(run, TASK);
    expect(first).toMatchObject({ error: { name: "OutOfMemory" } });
    known = [KILLED, KILLED];
    await expect(begin(3, { retry: 1 })).rejects.toMatchObject({ code: "attempt.refused" });
  });

  test("that died without a word costs one where Batch does not say why", async () => {
    await begin(1, { retry: 1 });
    expect(await begin(2, { retry: 1 })).toMatchObject({ last: true });
    expect((await ledger.listAttempts(run, TASK))[0]).toMatchObject({ error: { name: "ContainerDied" } });
  });

  test("is the last one where the job has no other, however many tries the step has", async () => {
    for (let number = 1; number < 6; number += 1)
      expect(await begin(number, { retry: 1 }, { error: "Interrupted" })).toMatchObject({ last: false });
    expect(await begin(6, { retry: 1 })).toMatchObject({ last: true });
  });

  test("waits for what is left of the backoff", async () => {
    const options = { retry: { attempts: 3, backoff: "10s" } };
    await begin(1, options, { error: "TypeError" });
    clock = 4_000;
    expect(await begin(2, options, { error: "TypeError" })).toMatchObject({ waitSeconds: 6 });
    expect(await begin(3, options, { error: "Interrupted" })).toMatchObject({ waitSeconds: 20 });
    expect(await begin(4, options)).toMatchObject({ waitSeconds: 0 });
  });

  test("waits a quarter of an hour at most", async () => {
    const options = { retry: { attempts: 3, backoff: "2h" } };
    await begin(1, options, { error: "TypeError" });
    expect(await begin(2, options)).toMatchObject({ waitSeconds: 900 });
  });

  test("does not mind what another job has done before", async () => {
    await begin(1, { retry: 1 }, { error: "TypeError", by: "before#1" });
    await begin(2, { retry: 1 }, { error: "TypeError", by: "before#2" });
    expect(await begin(1, { retry: 1 })).toMatchObject({ last: false });
  });

  test("asks nobody about the first attempt, nor about one that has told itself", async () => {
    await begin(1, { retry: 1 }, { error: "TypeError" });
    await begin(2, { retry: 1 });
    expect(asked).toBe(0);
  });

  test("is nothing to what is no job", async () => {
    expect(await begin(1, { retry: 1 }, { by: "8a6b1e" })).toBeUndefined();
    expect(await begin(1, { compute: "lambda", retry: 1 })).toBeUndefined();
  });
});
