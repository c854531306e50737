import * as fc from "fast-check";
import { expect, test } from "vitest";
import { openService, stats } from "../../functions/api/fixtures.ts";
import { MillraceError } from "../../graph/errors.ts";
import { executionEnded, type ExecutionEnded } from "../../functions/runs/end.ts";
import { startScheduled } from "../../functions/runs/scheduled.ts";
import type { ScheduledStart } from "../../aws/scheduler/schedules.ts";
import { fuzzed, fuzzTimeout } from "./inputs.ts";

const json = fc.json({ maxDepth: 6 });
const text = fc.oneof(fc.string(), fc.constant(null), json);
const flowName = fc.oneof(fc.constantFrom("Stats", "Other", "__proto__"), fc.string());
const run = fc.oneof(fc.constantFrom("Stats/1", "Stats/2", "Stats/0", "Stats/x", "/", ""), fc.string());
/** Of an execution within another, whose cause is that one's answer, as deep as Step Functions would nest it. */
const cause = fc.tuple(fc.nat({ max: 40 }), text).map(([depth, innermost]) => {
  let told = innermost;
  for (let i = 0; i < depth && (told?.length ?? 0) < 30_000; i++)
    told = JSON.stringify({ ExecutionArn: "arn:", Status: "FAILED", Error: "States.TaskFailed", Cause: told });
  return told;
});

const ended: fc.Arbitrary<ExecutionEnded> = fc.record({
  name: fc.oneof(fc.constantFrom("Stats-1", "Stats-2"), fc.string()),
  status: fc.constantFrom("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"),
  input: fc.oneof(
    json,
    run.map((one) => JSON.stringify({ run: one, at: { p: "0" } })),
  ),
  error: text,
  cause,
});
const scheduled: fc.Arbitrary<ScheduledStart> = fc.record({
  schedule: fc.record({ flow: flowName, time: fc.string() }),
});

test(
  "fuzz: an event starts or ends what it names, or fails with a reason that a dead letter can tell",
  { timeout: fuzzTimeout },
  async () => {
    const { common, deploy, trigger, ledger } = await openService();
    await deploy(stats);
    for (let i = 0; i < 2; i++) await trigger("Stats");
    await fc.assert(
      fc.asyncProperty(fc.oneof(ended, scheduled), async (event) => {
        try {
          await ("schedule" in event ? startScheduled(common, event) : executionEnded(common, event));
        } catch (error) {
          if (!(error instanceof MillraceError)) throw error;
        }
        // Whatever came, the runs can be read.
        const runs = await ledger.listRuns({ flow: "Stats", limit: 10 });
        expect(runs.items.length).toBeGreaterThan(0);
      }),
      fuzzed,
    );
  },
);
