import { describe, expect, test } from "vitest";
import { flow } from "../../sdk/index.ts";
import type { Run } from "../../store/ledger/ledger.ts";
import type { DefineJobsResponse } from "./contract.ts";
import { openService, stats } from "./fixtures.ts";

const twice = flow("Stats")
  .step("start", () => ({ genres: ["drama", "comedy"] }))
  .foreach("genres", { as: "genre" }, (each) =>
    each.step("compute", { image: "node:22", catch: true }, ({ genre }) => ({ genre })),
  )
  .join("merge", () => ({ done: true }));

async function begin() {
  const service = await openService();
  const { call, codePackage } = service;
  await call("POST /flows/Stats/runs", {
    engine: "client",
    graph: twice.graph,
    codePackage,
    parameters: {},
    controls: [],
    tags: [],
    user: "ann",
    owner: { host: "laptop", pid: 7 },
  });
  const books = (body: object, run = 1) => call(`POST /flows/Stats/runs/${run}/bookkeeping`, body);
  return { ...service, books };
}

const width = { type: "foreach", width: 2, pages: ["0".repeat(64)], pageSize: 2 } as const;

describe("a run that the caller carries out", () => {
  test("has what its steps ask of their jobs defined, and is told what its machine calls", async () => {
    const { call, asked, codePackage } = await openService();
    const resources = await call("POST /flows/Stats/jobs", { graph: twice.graph, codePackage });
    expect(resources).toMatchObject({
      queues: { onDemand: "millrace-on-demand" },
      jobDefinition: { default: "millrace-task", steps: { compute: "arn:job-compute" } },
      runner: { default: "millrace-runner" },
      waitSeconds: 60,
    });
    // Its own engine carries these out.
    for (const name of ["machines", "keepsMapRuns"]) expect(resources).not.toHaveProperty(name);
    expect(asked).toEqual(["job Stats compute"]);
  });

  test("has a function of the caller's own for its steps on Lambda, which is not the deployed flow's", async () => {
    const { call, asked, codePackage } = await openService();
    const quick = flow("Quick").step("only", { compute: "lambda", memory: "2GiB" }, () => ({}));
    const body = { graph: quick.graph, codePackage };
    const mine = await call<DefineJobsResponse>("POST /flows/Quick/jobs", body, { principal: "arn:ann" });
    const yours = await call<DefineJobsResponse>("POST /flows/Quick/jobs", body, { principal: "arn:bob" });
    expect(asked).toEqual(["runner Quick arn:ann 2048", "runner Quick arn:bob 2048"]);
    expect(mine.runner?.default).not.toBe(yours.runner?.default);
    await expect(call("POST /flows/Quick/jobs", { ...body, codePackage: "0".repeat(64) })).rejects.toMatchObject({
      code: "code.missing",
    });
  });

  test("asks what a foreach has to go by, without the items", async () => {
    const { call, ledger } = await begin();
    expect(await call("GET /flows/Stats/runs/1/controls/merge/0")).toEqual({});
    await ledger.writeControls({ flow: "Stats", run: 1 }, [{ node: "merge", index: "0", value: width }]);
    expect(await call("GET /flows/Stats/runs/1/controls/merge/0")).toEqual({ value: { ...width, pages: [] } });
  });

  test("records a failure that is caught", async () => {
    const { call, books, ledger, start } = await begin();
    await start(1, "start");
    const end = { step: "start", index: "0", attempt: 1, at: 2_000, status: "succeeded" } as const;
    const controls = [{ node: "merge", index: "0", value: width }];
    await ledger.finishAttempts({ flow: "Stats", run: 1 }, [{ ...end, manifest: {}, controls }]);
    const error = { name: "States.TaskFailed", message: "the container died" };
    await books({ action: "recordFailure", step: "compute", index: "0", width: 2, offset: 0, error });
    const { items } = await call<{ items: unknown[] }>("GET /flows/Stats/runs/1/steps/compute/tasks");
    expect(items).toMatchObject([
      { index: "0", status: "failed", caught: true, error },
      { index: "1", status: "failed", caught: true, error },
    ]);
  });

  test.each([
    [{ action: "recordFailure", step: "start", index: "0", error: { name: "A", message: "b" } }, "task.notCaught"],
    [{ action: "recordFailure", step: "none", index: "0", error: { name: "A", message: "b" } }, "step.unknown"],
    [{ action: "control", node: "none", index: "0" }, "control.unknown"],
    [{ action: "control", node: "merge", index: "0", run: "Other/1" }, "request.invalid"],
  ])("may not ask %j", async (asked, code) => {
    const { books } = await begin();
    await expect(books(asked)).rejects.toMatchObject({ code });
  });

  test("asks nothing once it is over, and nothing of a run that Step Functions carries out", async () => {
    const { call, books, deploy, trigger } = await begin();
    const asked = { action: "control", node: "merge", index: "0" };
    await call("POST /flows/Stats/runs/1/finish", { status: "succeeded" });
    await expect(books(asked)).rejects.toMatchObject({ code: "run.over" });
    await expect(call("GET /flows/Stats/runs/1/controls/merge/0")).rejects.toMatchObject({ code: "run.over" });
    await deploy(twice);
    const { run } = await trigger("Stats");
    await expect(books(asked, run)).rejects.toMatchObject({ code: "run.notHere" });
    await expect(call(`GET /flows/Stats/runs/${run}/controls/merge/0`)).rejects.toMatchObject({ code: "run.notHere" });
  });
});

describe("attack: another person at a run that somebody carries out", () => {
  const ann = { principal: "arn:aws:iam::1:user/ann" };
  const bob = { principal: "arn:aws:iam::1:user/bob" };

  test.each<[string, string, string, object | undefined]>([
    ["end it", "POST", "finish", { status: "succeeded" }],
    ["keep it alive", "POST", "heartbeat", {}],
    ["read what its machine goes by", "GET", "controls/genres/0", undefined],
    ["speak as its machine", "POST", "bookkeeping", { action: "control", node: "merge", index: "0" }],
  ])("can't %s, nor can one of no name", async (_, method, rest, body) => {
    const { call, codePackage } = await openService();
    const owner = { host: "ann's", pid: 1 };
    const own = {
      engine: "client",
      graph: stats.graph,
      codePackage,
      parameters: {},
      controls: [],
      tags: [],
      user: "bob",
    };
    const run = await call<Run>("POST /flows/Stats/runs", { ...own, owner }, ann);
    expect(run.principals).toEqual({ made: ann.principal });
    const route = `${method} /flows/Stats/runs/${run.run}/${rest}`;
    for (const as of [bob, {}]) await expect(call(route, body, as)).rejects.toMatchObject({ code: "run.owned" });
    await expect(call("GET /flows/Stats/runs/1", undefined, bob)).resolves.toMatchObject({ status: "running" });
  });
});

describe("who did what to a run", () => {
  test("is kept: who made it, tagged it and stopped it, whatever name they give themselves", async () => {
    const { call, deploy } = await openService();
    const by = (name: string) => ({ principal: `arn:aws:iam::1:user/${name}` });
    const { token } = await deploy(stats, {}, by("ann"));
    const asked = { engine: "service", parameters: {}, tags: [], user: "carl" };
    await call("POST /flows/Stats/runs", asked, by("ann"));
    await call("PATCH /flows/Stats/runs/1", { tags: ["odd"] }, by("bob"));
    await call("POST /flows/Stats/runs/1/stop", { user: "carl" }, { ...by("dora"), token: token! });
    expect((await call<Run>("GET /flows/Stats/runs/1")).principals).toEqual({
      made: by("ann").principal,
      tagged: by("bob").principal,
      stopped: by("dora").principal,
    });
  });
});
