import { beforeAll, expect, test } from "vitest";
import type { FlowRecord, FlowRegistry } from "./registry.ts";

let made = 0;
const fresh = () => `Flow${++made}`;

function record(flow: string, change: Partial<FlowRecord> = {}): FlowRecord {
  return {
    flow,
    revision: 0,
    version: 1,
    generation: 0,
    namespace: `production:${flow}-0-abcd`,
    tokenDigest: "d".repeat(64),
    owner: { user: "ann", principal: "arn:aws:iam::1:user/ann" },
    stateMachineArn: `arn:aws:states:us-east-1:1:stateMachine:${flow}`,
    codePackage: "c".repeat(64),
    graph: "a".repeat(64),
    tags: ["nightly"],
    schedule: "rate(1 day)",
    deployedAt: 1_000,
    ...change,
  };
}

/** What every registry does. */
export function registryConformance(open: () => FlowRegistry | Promise<FlowRegistry>): void {
  let registry: FlowRegistry;
  beforeAll(async () => {
    registry = await open();
  });

  test("a flow that nobody deployed is not there", async () => {
    expect(await registry.read(fresh())).toBeUndefined();
  });

  test("a record is read back whole, one revision further with each write", async () => {
    const flow = fresh();
    expect(await registry.write(record(flow), 0)).toBe(true);
    expect(await registry.read(flow)).toEqual(record(flow, { revision: 1 }));
    expect(await registry.write(record(flow, { version: 2, removed: true }), 1)).toBe(true);
    expect(await registry.read(flow)).toEqual(record(flow, { version: 2, removed: true, revision: 2 }));
  });

  test("of two who write in the place of the same revision one succeeds", async () => {
    const flow = fresh();
    const first = await Promise.all([
      registry.write(record(flow, { version: 1 }), 0),
      registry.write(record(flow, { version: 2 }), 0),
    ]);
    expect(first.toSorted()).toEqual([false, true]);
    const later = await Promise.all([3, 4, 5].map((version) => registry.write(record(flow, { version }), 1)));
    expect(later.filter(Boolean)).toHaveLength(1);
    expect(await registry.read(flow)).toMatchObject({ revision: 2, version: 3 + later.indexOf(true) });
  });

  test("who knows an older revision writes nothing", async () => {
    const flow = fresh();
    await registry.write(record(flow), 0);
    await registry.write(record(flow, { version: 2 }), 1);
    expect(await registry.write(record(flow, { version: 9 }), 1)).toBe(false);
    expect(await registry.write(record(flow, { version: 9 }), 0)).toBe(false);
    expect(await registry.read(flow)).toMatchObject({ version: 2 });
  });

  test("a name is taken once, and says which run it became", async () => {
    const flow = fresh();
    const claim = { flow, name: "event-1", at: 10_000 };
    expect(await registry.claim(claim, 0)).toEqual({ state: "taken" });
    expect(await registry.claim(claim, 0)).toEqual({ state: "pending" });
    await registry.settle(flow, "event-1", 7);
    expect(await registry.claim({ ...claim, at: 90_000 }, 80_000)).toEqual({ state: "settled", run: 7 });
    expect(await registry.claim({ ...claim, name: "event-2" }, 0)).toEqual({ state: "taken" });
    expect(await registry.claim({ ...claim, flow: fresh() }, 0)).toEqual({ state: "taken" });
  });

  test("of many who want a name at once one takes it", async () => {
    const flow = fresh();
    const claims = await Promise.all(
      Array.from({ length: 5 }, () => registry.claim({ flow, name: "event", at: 10_000 }, 0)),
    );
    expect(claims.map(({ state }) => state).toSorted()).toEqual(["pending", "pending", "pending", "pending", "taken"]);
  });

  test("a name whose taker has said nothing for too long is taken by the next", async () => {
    const flow = fresh();
    await registry.claim({ flow, name: "event", at: 10_000 }, 0);
    expect(await registry.claim({ flow, name: "event", at: 20_000 }, 10_000)).toEqual({ state: "pending" });
    expect(await registry.claim({ flow, name: "event", at: 70_001 }, 10_001)).toEqual({ state: "taken" });
    expect(await registry.claim({ flow, name: "event", at: 70_002 }, 10_002)).toEqual({ state: "pending" });
  });
}
