import { describe, expect, test } from "vitest";
import { z } from "zod";
import { flow } from "../sdk/index.ts";
import { definitionOf } from "../sdk/language/definition.ts";
import type { AnyFlow } from "../sdk/language/language.ts";
import { memoryBlobs } from "../tasks/fixtures.ts";
import { findFlow, runRemoteTask, type RemoteTask, type TaskService } from "./remote-task.ts";

const { pack, unpack } = memoryBlobs();
type Started = RemoteTask["started"];

/** The API as one attempt sees it: everything is stored there already, and what it is asked is noted. */
function fakeService(branches: readonly object[] = [], pageSize = 2) {
  const asked: string[] = [];
  const stored: string[] = [];
  const service: TaskService = {
    async prepare() {
      asked.push("prepare");
    },
    async sign({ writes }) {
      stored.push(...writes.map(({ hash }) => hash));
      return { reads: {}, writes: {} };
    },
    signSync: () => expect.fail("nothing is to be read"),
    async readBranches({ from }) {
      asked.push(`branches from ${from}`);
      const manifests = branches.slice(from, from + pageSize).map((one) => pack({ ...one }));
      return { type: "foreach", width: branches.length, from, manifests, reads: [] };
    },
  };
  return { service, asked, stored };
}

function remoteOf(step: string, started: Partial<Started> = {}, last = true): RemoteTask {
  const begun: Started = {
    state: "started",
    attempt: 1,
    token: "token",
    tags: [],
    code: { hash: "0".repeat(64), url: "" },
    parameters: {},
    base: {},
    items: {},
    reads: [],
    ...started,
  };
  return { flow: "Flow", run: 7, step, index: "0", started: begun, last };
}

const report = (one: AnyFlow, remote: RemoteTask, service: TaskService) =>
  runRemoteTask(definitionOf(one), remote, service).report;

test("a task reports what it leaves on top of what it began with, its item included", async () => {
  const wide = flow("Flow")
    .step("load", () => ({ rows: [1] }))
    .foreach("rows", { as: "row" }, (each) => each.step("fit", ({ row }) => ({ fitted: row + 1 })))
    .join("merge", () => ({}));
  const base = pack({ rows: [1] });
  const remote = remoteOf("fit", { base, items: pack({ row: 1 }) });
  const { status, base: told, own, controls } = await report(wide, remote, fakeService().service);
  expect([status, told, controls]).toEqual(["succeeded", base, []]);
  expect(unpack(own!)).toEqual({ row: 1, fitted: 2 });
});

test("blobs that are left are stored before the report: artifacts, and the pages of a list", async () => {
  const wide = flow("Flow")
    .step("load", () => ({ rows: ["x".repeat(5000), "y"] }))
    .foreach("rows", { as: "row" }, (each) => each.step("fit", () => ({})))
    .join("merge", () => ({}));
  const { service, stored } = fakeService();
  const { own, controls } = await report(wide, remoteOf("load"), service);
  const [control] = controls!;
  if (control?.value.type !== "foreach") throw new Error("no foreach comes next");
  const blobs = Object.values(own!).flatMap((ref) => ("blob" in ref ? [ref.blob] : []));
  expect(blobs).toHaveLength(1);
  expect(stored.toSorted()).toEqual([...blobs, ...control.value.pages].toSorted());
});

describe("a failure", () => {
  const one = flow("Flow").step("risky", { catch: true, retry: 1 }, () => {
    throw new RangeError("no model");
  });

  test("is reported with what the handler threw", async () => {
    const told = await report(one, remoteOf("risky", {}, false), fakeService().service);
    expect(told).toMatchObject({ status: "failed", error: { name: "RangeError", message: "no model" } });
    expect(told).not.toHaveProperty("own");
  });

  test("that is caught is reported with what the flow goes on with", async () => {
    const told = await report(one, remoteOf("risky"), fakeService().service);
    expect(told).toMatchObject({ status: "failed", caught: true, base: {}, controls: [] });
    expect(unpack(told.own!)).toEqual({ failure: { name: "RangeError", message: "no model" } });
  });
});

describe("a join", () => {
  const wide = flow("Flow")
    .step("load", () => ({ rows: [1] }))
    .foreach("rows", { as: "row" }, (each) => each.step("fit", () => ({ value: 1 })))
    .join("merge", (turns) => ({ values: turns.pluck("value") }));
  const all = [1, 2, 3, 4, 5].map((value) => ({ value }));
  const branches = { type: "foreach", width: 5, from: 0, manifests: all.slice(0, 2).map(pack) } as const;

  test("gets the branches that did not come with its start in pages", async () => {
    const { service, asked } = fakeService(all);
    const { own } = await report(wide, remoteOf("merge", { branches }), service);
    expect(unpack(own!)).toEqual({ values: [1, 2, 3, 4, 5] });
    expect(asked).toEqual(["prepare", "branches from 2", "branches from 4"]);
  });

  test("does not begin where some of them are not there", async () => {
    const { service } = fakeService(all.slice(0, 2));
    await expect(report(wide, remoteOf("merge", { branches }), service)).rejects.toThrow(
      "the branches from 2 on are not there",
    );
  });
});

describe("parameters as they were given", () => {
  const dated = flow("Flow", { params: { since: z.coerce.date(), top: z.number().max(9) } })
    .step("start", ({ since }, { parameters }) => ({
      year: since.getUTCFullYear(),
      sameYear: (parameters as { since: Date }).since.getUTCFullYear(),
    }))
    .step("end", () => ({}));
  const given = pack({ since: "2024-05-06", top: 5 });

  test("become what the flow's validators make of them, and the first task leaves those", async () => {
    const remote = remoteOf("start", { parameters: given, base: given, settleParameters: "base" });
    const { own } = await report(dated, remote, fakeService().service);
    expect(unpack(own!)).toEqual({ since: new Date("2024-05-06"), top: 5, year: 2024, sameYear: 2024 });
  });

  test("are for a later task only what its context tells: artifacts stay as they are", async () => {
    const base = pack({ since: new Date("2020-01-01"), top: 5 });
    const remote = remoteOf("start", { parameters: given, base, settleParameters: "context" });
    const { own } = await report(dated, remote, fakeService().service);
    expect(unpack(own!)).toEqual({ year: 2020, sameYear: 2024 });
  });

  test("that the validators refuse are the task's failure", async () => {
    const wrong = pack({ since: "2024-05-06", top: 10 });
    const remote = remoteOf("start", { parameters: wrong, base: wrong, settleParameters: "base" });
    expect(await report(dated, remote, fakeService().service)).toMatchObject({
      status: "failed",
      error: { name: "parameter.invalid", message: expect.stringContaining("<=9") },
    });
  });
});

test("a task that is stopped before its handler was called is told by the handler's signal", async () => {
  const one = flow("Flow").step(
    "waits",
    (_, { signal }) => new Promise<object>((resolve) => signal.addEventListener("abort", () => resolve({}))),
  );
  const running = runRemoteTask(definitionOf(one), remoteOf("waits"), fakeService().service);
  running.stop();
  expect(await running.report).toMatchObject({ status: "stopped", error: { name: "Stopped" } });
});

test("a flow is found by its name among all that a package exports", () => {
  const [one, other] = [flow("One").step("a", () => ({})), flow("Other").step("a", () => ({}))];
  expect(findFlow({ helper: 1, default: one, other }, "Other").graph.name).toBe("Other");
  expect(() => findFlow({ one }, "None")).toThrow("exports no flow None");
});
