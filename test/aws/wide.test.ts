import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Wide } from "../support/fault-flows.ts";
import { runsAll } from "../widest.ts";
import { isSkipped, startAccount } from "./account.ts";
import { openDeployed, type Deployed } from "./deployed.ts";

/** A thousand processes take minutes on a small machine. */
const account = runsAll ? await startAccount({ batchSlots: 6 }) : { skipped: "MILLRACE_TEST_WIDE is not `all`" };

describe.skipIf(isSkipped(account))("a foreach of 1,000, each child a container", () => {
  if (isSkipped(account)) return;
  let service: Deployed;

  beforeAll(async () => {
    service = await openDeployed(account, "wide");
    await service.deploy(Wide);
  }, 240_000);
  afterAll(() => service.close());

  test("is one array job, and its join has every child's artifact in its place", async () => {
    await account.rig("DELETE", "stats");
    const { status, artifacts } = await service.carryOut(Wide, { width: 1_000 });
    expect(status).toBe("succeeded");
    expect(artifacts("end").doubles).toEqual(Array.from({ length: 1_000 }, (_, i) => 2 * i));
    const { job = {}, function: invocations = {}, aws = {} } = await account.stats();
    expect(job["Wide-work"]).toBe(1_000);
    expect(aws["batch:POST /v1/submitjob"]).toBe(3);
    expect(invocations["millrace-wide-tasks"]).toBeLessThan(2 * 1_002 + 10);
  }, 1_800_000);
});
