import { expect, test } from "vitest";
import { openMemoryRegistry } from "../../store/registry/memory-registry.ts";
import { openSqliteLedger } from "../../store/ledger/sqlite/sqlite-ledger.ts";
import { executionEnded } from "./end.ts";

async function running() {
  const ledger = await openSqliteLedger(":memory:");
  const run = await ledger.createRun({
    flow: "Stats",
    graph: "g".repeat(64),
    codePackage: "c".repeat(64),
    parameters: {},
    controls: [],
    namespace: "production:Stats-0-abcd",
    user: "ann",
    tags: [],
    createdAt: 1,
  });
  const machines = { stop: async () => {} };
  const ending = { ledger, registry: openMemoryRegistry(), machines, now: () => 2 };
  const input = JSON.stringify({ run: `Stats/${run.run}`, at: { p: "0" } });
  return { ending, name: `Stats-${run.run}`, input, read: () => ledger.readRun(run) };
}

test("a run ends with its own execution, not with one within it", async () => {
  const { ending, name, input, read } = await running();
  await executionEnded(ending, { name: "8f0c9f5a-3d0b-4e53-9c39-000000000001", status: "FAILED", input });
  expect(await read()).toMatchObject({ status: "running" });
  await executionEnded(ending, { name, status: "SUCCEEDED", input });
  expect(await read()).toMatchObject({ status: "succeeded" });
});

test.each(["null", "[]", "{", '{"run":7}', '{"run":"Stats/x"}', '{"run":"Stats/1e99"}'])(
  "attack: an execution whose input is %s ends no run that it does not name",
  async (input) => {
    const { ending, read } = await running();
    await executionEnded(ending, { name: "Other-1", status: "FAILED", input });
    await executionEnded(ending, { name: "Stats-NaN", status: "FAILED", input });
    expect(await read()).toMatchObject({ status: "running" });
  },
);

test("what failed in an execution within an execution of the run is told as it was", async () => {
  const { ending, name, input, read } = await running();
  const within = (Error: string, Cause: string) =>
    JSON.stringify({ ExecutionArn: "arn:…", Status: "FAILED", Error, Cause });
  const cause = within("States.TaskFailed", within("Millrace.TooWide", "Flow Stats, step merge: it is wider"));
  await executionEnded(ending, { name, status: "FAILED", input, error: "States.TaskFailed", cause });
  expect(await read()).toMatchObject({
    status: "failed",
    error: { name: "Millrace.TooWide", message: "Flow Stats, step merge: it is wider" },
  });
});
