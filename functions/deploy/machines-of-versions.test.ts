import { expect, test } from "vitest";
import type { Machines } from "../../aws/step-functions/machines.ts";
import { retireVersions, versionOf } from "./machines-of-versions.ts";
import type { DeployedVersion, FlowRecord } from "../../store/registry/registry.ts";

const MINUTE = 60_000;
const NOW = 1_000 * MINUTE;
const arn = "arn:aws:states:us-east-1:1:stateMachine:millrace-Stats";

function version(number: number, children: readonly string[], more: Partial<DeployedVersion> = {}): DeployedVersion {
  return { versionArn: `${arn}:${number}`, children, codePackage: `code${number}`, graph: `graph${number}`, ...more };
}

/** Machines of which those versions run; notes what is taken away. */
function machines(...running: readonly number[]) {
  const removed: string[] = [];
  const rest: Partial<Machines> = {
    isRunning: async (versionArn) => running.some((number) => versionArn.endsWith(`:${number}`)),
    remove: async (child) => void removed.push(child),
    removeVersion: async (versionArn) => void removed.push(versionArn.slice(arn.length)),
  };
  return { removed, machines: rest as Machines };
}

const old = { supersededAt: NOW - 60 * MINUTE };

test("an earlier version goes with the machines within it once no run of it goes on", async () => {
  const account = machines(1);
  const earlier = [version(1, ["a"], old), version(2, ["b", "c"], old)];
  const kept = await retireVersions(account.machines, { earlier, newest: version(3, ["c"]) }, NOW);
  expect(kept).toEqual([earlier[0]]);
  expect(account.removed).toEqual(["b", ":2"]);
});

test("a version that was superseded just now stays: a run that was made for it may be about to start", async () => {
  const account = machines();
  const kept = await retireVersions(account.machines, { earlier: [version(1, ["a"])], newest: version(2, []) }, NOW);
  expect(kept).toEqual([version(1, ["a"], { supersededAt: NOW })]);
  const later = await retireVersions(account.machines, { earlier: kept, newest: version(3, []) }, NOW + 14 * MINUTE);
  expect([later, account.removed]).toEqual([kept, []]);
  expect(await retireVersions(account.machines, { earlier: kept, newest: version(4, []) }, NOW + 15 * MINUTE)).toEqual(
    [],
  );
  expect(account.removed).toEqual(["a", ":1"]);
});

test("with the flow's machine all of them go but those whose runs go on", async () => {
  const account = machines(1);
  const kept = await retireVersions(
    account.machines,
    { earlier: [version(1, ["a"], old), version(2, ["a", "b"])] },
    NOW,
  );
  expect(kept).toEqual([version(1, ["a"], old)]);
  expect(account.removed).toEqual(["b"]);
});

test("what a version of the machine before left goes with the first of the new one that has its number", async () => {
  const account = machines(1);
  const kept = await retireVersions(
    account.machines,
    { earlier: [version(1, ["a"], old)], newest: version(1, ["b"]) },
    NOW,
  );
  expect(kept).toEqual([]);
  expect(account.removed).toEqual(["a"]);
});

test("a run is started by the version that it was made for, whichever is the newest", () => {
  const record = { versions: [version(1, []), version(2, [])], stateMachineArn: arn } as unknown as FlowRecord;
  expect(versionOf(record, { graph: "graph1", codePackage: "code1" })).toBe(`${arn}:1`);
  expect(versionOf(record, { graph: "graph2", codePackage: "code2" })).toBe(`${arn}:2`);
  expect(versionOf(record, { graph: "graph0", codePackage: "code0" })).toBe(`${arn}:2`);
});
