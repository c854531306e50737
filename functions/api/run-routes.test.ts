import { describe, expect, test } from "vitest";
import { formatError, type MillraceError } from "../../graph/errors.ts";
import type { Run } from "../../store/ledger/ledger.ts";
import { executionEnded } from "../runs/end.ts";
import { openService, stats } from "./fixtures.ts";

describe("runs", () => {
  test("a run begins with what was given and the defaults that were registered", async () => {
    const { deploy, trigger, asked, ledger } = await openService();
    const { namespace } = await deploy(stats, { tags: ["nightly"] });
    const run = await trigger("Stats", {}, { tags: ["mine"] });
    expect(run).toMatchObject({ flow: "Stats", run: 1, status: "running", namespace, tags: ["nightly", "mine"] });
    expect(Object.keys(run.parameters)).toEqual(["top"]);
    const { secret } = (await ledger.readRunAndSecret({ flow: "Stats", run: 1 }))!;
    expect(asked).toContain(`start Stats-1 {"run":"Stats/1","at":{"p":"0"},"enter":"","secret":"${secret}"}`);
  });

  test.each([
    [{ top: "many" }, /top/],
    [{ topp: 1 }, /Did you mean top/],
    [{ top: 1.5 }, /top/],
  ])("parameters %j are refused", async (parameters, told) => {
    const { deploy, trigger } = await openService();
    await deploy(stats);
    const refused = await trigger("Stats", parameters).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "parameter.invalid" });
    expect(formatError(refused as MillraceError)).toMatch(told);
  });

  test("a start by name makes one run however often it is asked", async () => {
    const { deploy, trigger, call } = await openService();
    await deploy(stats);
    const first = await trigger("Stats", {}, { name: "event-1" });
    expect((await trigger("Stats", {}, { name: "event-1" })).run).toBe(first.run);
    expect((await call<{ items: Run[] }>("GET /flows/Stats/runs")).items).toHaveLength(1);
  });

  test("attack: more runs of a flow at once than the deployment lets are refused, and one takes the place of one that ended", async () => {
    const { deploy, trigger, call, common, asked } = await openService();
    common.runsAtOnce = 2;
    await deploy(stats);
    for (const run of [1, 2]) expect(await trigger("Stats")).toMatchObject({ run });
    await expect(trigger("Stats")).rejects.toMatchObject({
      code: "run.tooMany",
      message: "flow Stats: 2 of its runs are running, as many as the deployment lets run at once",
      hint: expect.stringContaining("--param runsAtOnce=") as string,
    });
    expect(asked.filter((one) => one.startsWith("start"))).toHaveLength(2);
    await call("POST /flows/Stats/runs/1/stop", { user: "ann" });
    expect(await trigger("Stats")).toMatchObject({ run: 3 });
  });

  test("a start by name that was made already is answered also where no more runs may start", async () => {
    const { deploy, trigger, common } = await openService();
    common.runsAtOnce = 1;
    await deploy(stats);
    const { run } = await trigger("Stats", {}, { name: "event-1" });
    expect(await trigger("Stats", {}, { name: "event-1" })).toMatchObject({ run });
    await expect(trigger("Stats", {}, { name: "event-2" })).rejects.toMatchObject({ code: "run.tooMany" });
  });

  test("a run that is stopped has stopped, and so have its tasks", async () => {
    const { deploy, trigger, start, call, asked } = await openService();
    await deploy(stats);
    await trigger("Stats");
    await start(1, "start");
    expect(await call("POST /flows/Stats/runs/1/stop", { user: "ann" })).toEqual({ stopped: true });
    expect(asked).toContain("stop Stats-1");
    expect(await call("GET /flows/Stats/runs/1")).toMatchObject({ status: "stopped" });
    const tasks = await call<{ items: { status: string }[] }>("GET /flows/Stats/runs/1/steps/start/tasks");
    expect(tasks.items).toMatchObject([{ status: "stopped" }]);
    expect(await call("POST /flows/Stats/runs/1/stop", { user: "ann" })).toEqual({ stopped: false });
  });

  test("the execution's end is the run's; that of a distributed Map's child is not", async () => {
    const { deploy, trigger, call, common } = await openService();
    await deploy(stats);
    await trigger("Stats");
    const input = JSON.stringify({ run: "Stats/1" });
    await executionEnded(common, { name: "child", status: "FAILED", input });
    expect(await call("GET /flows/Stats/runs/1")).toMatchObject({ status: "running" });
    const cause = JSON.stringify({ JobName: "Stats-start", StatusReason: "Essential container in task exited" });
    await executionEnded(common, { name: "Stats-1", status: "FAILED", input, error: "States.TaskFailed", cause });
    expect(await call("GET /flows/Stats/runs/1")).toMatchObject({
      status: "failed",
      error: {
        name: "ContainerDied",
        message: expect.stringMatching(/^job Stats-start: its container ended/) as string,
      },
    });
    await executionEnded(common, { name: "Stats-1", status: "SUCCEEDED", input });
    expect(await call("GET /flows/Stats/runs/1")).toMatchObject({ status: "failed" });
  });

  test("a run that the caller's own engine carries out is recorded, and ended by the caller", async () => {
    const { call, asked, codePackage } = await openService();
    const own = {
      engine: "client",
      graph: stats.graph,
      codePackage,
      parameters: {},
      controls: [],
      tags: [],
      user: "ann",
      owner: { host: "laptop", pid: 7 },
    };
    expect(await call("POST /flows/Stats/runs", own)).toMatchObject({ run: 1, namespace: "user:ann" });
    expect(asked).toEqual([]);
    expect(await call("POST /flows/Stats/runs/1/finish", { status: "succeeded" })).toMatchObject({
      status: "succeeded",
    });
    expect(await call("POST /flows/Stats/runs/1/heartbeat")).toEqual({ alive: false });
  });
});
