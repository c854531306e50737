import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { StartedTask } from "../../functions/api/contract.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { packArtifacts } from "../../tasks/outcome.ts";
import type { AnyFlow } from "../../sdk/language/language.ts";
import * as flows from "../support/fault-flows.ts";
import { examples } from "../widest.ts";
import { isSkipped } from "./account.ts";
import { borrowAccount } from "./lent.ts";
import { proofOf } from "./run-secret.ts";
import { ask, openLent, type Deployed } from "./deployed.ts";
import { signedHeaders } from "./sign.ts";

const account = await borrowAccount();

describe.skipIf(isSkipped(account))("where tasks fail in an account", { timeout: 120_000 }, () => {
  if (isSkipped(account)) return;
  let service: Deployed;
  /** All begin at once, so that their waits are shared. */
  const begun = new Map<AnyFlow, { run: RunKey; place: string }>();

  const kill = (job: string, rule: object = {}) =>
    account.rig("POST", "batch/rules", { action: "kill", job: `^${job}$`, whenLogged: "working", ...rule });

  async function begin(flow: AnyFlow): Promise<void> {
    const place = mkdtempSync(join(service.home, "run-"));
    writeFileSync(join(place, "journal"), "");
    const takesPlace = "place" in flow.graph.parameters;
    begun.set(flow, { place, run: await service.start(flow, takesPlace ? { place } : {}) });
  }
  async function ended<F extends AnyFlow>(flow: F) {
    const { run, place } = begun.get(flow)!;
    return Object.assign(await service.end(flow, run), { journal: () => journal(place) });
  }
  function journal(place: string): string[] {
    return readFileSync(join(place, "journal"), "utf8").split("\n").slice(0, -1).toSorted();
  }

  beforeAll(async () => {
    service = await openLent(account);
    await putParameter("/millrace/lent/Settings/password", "do not tell");
    const { Wide, ...others } = flows;
    const ofOneRun = Object.values(others).filter((flow) => flow.name !== "Patient");
    await service.deploy(...ofOneRun, Wide);
    await kill("Killed-risky", { attempt: 1 });
    await kill("KilledForGood-risky");
    await kill("KilledAndCaught-risky");
    await kill("ChildKilledAndCaught-risky", { index: 2 });
    await begin(flows.Late);
    await Promise.all(ofOneRun.filter((flow) => flow.name !== "Late").map(begin));
  }, 240_000);

  afterAll(() => service.close());

  test("a container killed without a word is replaced while retries are left", async () => {
    const { status, artifacts, journal, ...run } = await ended(flows.Killed);
    expect(status).toBe("succeeded");
    expect(artifacts("end").attempt).toBe(2);
    expect(journal()).toEqual(["end", "risky 1", "risky 2", "start"]);
    expect(await service.attempts(run, "risky")).toMatchObject([
      { attempt: 1, status: "failed", error: expect.anything() as unknown },
      { attempt: 2, status: "succeeded" },
    ]);
  });

  test("killed with none left, it fails the run; nothing stays running, and what came before is readable", async () => {
    const { status, error, artifacts, tasks, journal } = await ended(flows.KilledForGood);
    expect(status).toBe("failed");
    expect(error?.message).toMatch(/risky/);
    expect(tasks("risky")).toMatchObject([{ status: "failed", error: { name: expect.any(String) as string } }]);
    expect(artifacts("start").before).toBe(1);
    expect(journal()).toEqual([]);
  });

  test("where its failure is caught the flow goes on, and knows of it", async () => {
    const { status, artifacts } = await ended(flows.KilledAndCaught);
    expect(status).toBe("succeeded");
    expect(artifacts("end")).toMatchObject({ before: 1, after: 2, seen: expect.any(String) as string });
    expect(artifacts("end").failure?.message).not.toBe("");
  });

  test("caught in an array, the child's failure is its branch's alone", async () => {
    const { status, artifacts, tasks } = await ended(flows.ChildKilledAndCaught);
    expect(status).toBe("succeeded");
    expect(artifacts("end").failed).toEqual([false, false, true, false]);
    expect(tasks("risky").map(({ artifacts }) => artifacts.square)).toEqual([0, 1, undefined, 9]);
  });

  test("a step is told at its timeout and tried again; with no retry left the run fails and says so", async () => {
    const { status, error, journal } = await ended(flows.TimedOut);
    expect(journal()).toEqual(["slow 1", "slow 2", "told: TimeoutError"]);
    expect({ status, error }).toMatchObject({
      status: "failed",
      error: { name: "Timeout", message: expect.stringMatching(/^slowest\/0: .*timeout of 1s/) as string },
    });
  });

  test("children of an array that fail once are tried again, and no other", async () => {
    const { status, artifacts, journal } = await ended(flows.TwoFailOnce);
    expect(status).toBe("succeeded");
    expect(artifacts("end").squares).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
    const expected = Array.from({ length: 10 }, (_, i) => `work ${i} 1`);
    expect(journal()).toEqual([...expected, "work 3 2", "work 7 2"].toSorted());
  });

  test("a child that always fails is what the run's error names, and the others' artifacts are readable", async () => {
    const { status, error, tasks } = await ended(flows.OneFails);
    expect({ status, error }).toMatchObject({
      status: "failed",
      error: { name: "RangeError", message: "work/5: never five" },
    });
    const work = tasks("work");
    expect(work.filter(({ status }) => status === "failed")).toMatchObject([{ index: "5", attempts: 2 }]);
    const others = work.filter(({ index }) => index !== "5");
    expect(others.map(({ artifacts }) => artifacts.square)).toEqual([0, 1, 4, 9, 16, 36, 49, 64, 81]);
    expect(tasks("end")).toEqual([]);
  });

  test("a Lambda step is tried again, also where its process ended", async () => {
    const { status, artifacts, journal } = await ended(flows.Lambda);
    expect(status).toBe("succeeded");
    expect(artifacts("end").seen).toBe(3);
    expect(journal()).toEqual(["start 1", "start 2", "start 3"]);
  });

  test("an environment and a secret reach a container, and the secret is in nothing that can be read", async () => {
    const { artifacts, ...run } = await ended(flows.Settings);
    expect(artifacts("only")).toMatchObject({ greeting: "hello", letters: "do not tell".length });
    expect(JSON.stringify(await service.attempts(run, "only"))).not.toContain("do not tell");
  });

  test("what an attempt reports after it was given up is refused, and overwrites nothing", async () => {
    const { run, place } = begun.get(flows.Late)!;
    await vi.waitUntil(() => journal(place).includes("start 1"), { timeout: 60_000 });
    // Another begins in its place, and is first to report.
    const tasks = `POST /runs/Late/${run.run}/tasks`;
    const proof = await proofOf(account, service.outputs["Table"]!, { ...run, step: "start" });
    const { answer } = await ask(service.api, `${tasks}/start`, {
      content: { step: "start", index: "0", by: "another", proof },
    });
    const { token, base, attempt } = answer as StartedTask;
    expect(attempt).toBe(2);
    const own = packArtifacts({ by: "its successor" }, inline);
    const report = { status: "succeeded", base, own, controls: [] };
    const finished = await ask(service.api, `${tasks}/finish`, {
      content: report,
      headers: { "millrace-token": token },
    });
    expect(finished.answer).toEqual({ state: "accepted" });
    writeFileSync(join(place, "go on"), "");
    const { status, artifacts } = await ended(flows.Late);
    expect(status).toBe("succeeded");
    expect(artifacts("end").seen).toBe("its successor");
    expect(await service.attempts(run, "start")).toMatchObject([
      { attempt: 1, status: "failed", error: { name: "Superseded" } },
      { attempt: 2, status: "succeeded", by: "another" },
    ]);
  });

  test.each(examples([0, 1, 2, 41], 3))("a foreach of %i", async (width) => {
    const { status, artifacts, tasks } = await service.carryOut(flows.Wide, { width });
    expect(status).toBe("succeeded");
    expect(artifacts("end").doubles).toEqual(Array.from({ length: width }, (_, i) => 2 * i));
    expect(tasks("work").every(({ attempts }) => attempts === 1)).toBe(true);
  });

  /** In Systems Manager, for which the project needs no SDK. */
  async function putParameter(name: string, value: string): Promise<void> {
    if (isSkipped(account)) return;
    const url = new URL(account.endpoint);
    const body = JSON.stringify({ Name: name, Value: value, Type: "String" });
    const given = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AmazonSSM.PutParameter",
    };
    const headers = signedHeaders({ method: "POST", url, body, service: "ssm", headers: given });
    const response = await fetch(url, { method: "POST", headers, body });
    if (!response.ok) throw new Error(await response.text());
  }
});

/** Small artifacts ride in the manifest. */
const inline = {
  read: () => new Uint8Array(),
  write() {
    throw new Error("it is not small");
  },
};
