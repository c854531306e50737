import { describe, expect, test } from "vitest";
import { z } from "zod";
import { flow } from "../../sdk/index.ts";
import { openService, stats } from "./fixtures.ts";

const daily = flow("Daily", { schedule: "rate(1 day)" }).step("only", () => ({}));

describe("deploying", () => {
  test("a flow's first deployment makes its namespace, its token and its machine", async () => {
    const { deploy, asked } = await openService();
    const made = await deploy(stats);
    expect(made).toMatchObject({ flow: "Stats", version: 1, created: true, token: expect.stringMatching(/^mt_/) });
    expect(made.namespace).toMatch(/^production:Stats-0-[a-z]{4}$/);
    expect(asked).toContain("machine Stats 1");
  });

  test("the same person deploys it again as the next version, and hears no token a second time", async () => {
    const { deploy } = await openService();
    const first = await deploy(stats);
    const second = await deploy(stats);
    expect(second).toMatchObject({ version: 2, created: false, namespace: first.namespace });
    expect(second.token).toBeUndefined();
  });

  test("its short steps have a function of their own, whose versions stay as long as one of its machine's needs them", async () => {
    const { deploy, call, asked } = await openService();
    const quick = flow("Quick").step("only", { compute: "lambda" }, () => ({}));
    const mine = () => asked.filter((one) => one.startsWith("runner"));
    await deploy(quick);
    expect(mine()).toEqual(["runner Quick deployed 1769", "runners Quick arn:runner-Quick-deployed:2"]);
    await deploy(quick);
    expect(mine().at(-1)).toMatch(/^runners Quick arn:runner-Quick-deployed:2,arn:runner-Quick-deployed:\d+$/);
    await call("DELETE /flows/Quick?user=ann");
    expect(mine().at(-1)).toBe("runners Quick ");
  });

  test("one without short steps has none", async () => {
    const { deploy, asked } = await openService();
    await deploy(stats);
    expect(asked.filter((one) => one.startsWith("runner"))).toEqual([]);
  });

  test("another person deploys it only with the production token", async () => {
    const { deploy } = await openService();
    const { token } = await deploy(stats);
    await expect(deploy(stats, { user: "bob" })).rejects.toMatchObject({ code: "flow.owned" });
    await expect(deploy(stats, { user: "bob", token: "mt_guess" })).rejects.toMatchObject({ code: "flow.owned" });
    expect(await deploy(stats, { user: "bob", token })).toMatchObject({ version: 2 });
  });

  test("nobody passes for the one who deployed it by giving his name", async () => {
    const { deploy } = await openService();
    await deploy(stats, {}, { principal: "arn:aws:iam::1:user/ann" });
    await expect(deploy(stats, {}, { principal: "arn:aws:iam::1:user/bob" })).rejects.toMatchObject({
      code: "flow.owned",
    });
  });

  test("a flow whose graph is none, or whose code is not stored, is refused before anything is made", async () => {
    const { deploy, call, asked, codePackage } = await openService();
    const broken = { graph: { ...stats.graph, body: [] }, codePackage, user: "ann", tags: [] };
    await expect(call("PUT /flows/Stats", broken)).rejects.toMatchObject({
      code: "graph.invalid",
      message: "flow Stats: the flow has no step",
    });
    await expect(call("PUT /flows/Stats", { ...broken, graph: { name: "Stats" } })).rejects.toMatchObject({
      code: "graph.invalid",
    });
    await expect(deploy(stats, { codePackage: "0".repeat(64) })).rejects.toMatchObject({ code: "code.missing" });
    expect(asked).toEqual([]);
  });

  test("attack: a loop that may go round more often than the deployment lets any is refused", async () => {
    const { deploy, asked } = await openService();
    const endless = flow("Endless")
      .step("start", () => ({ isOn: true as boolean }))
      .loop({ while: "isOn", max: 1_001 }, (each) => each.step("again", () => ({ isOn: true as boolean })));
    await expect(deploy(endless)).rejects.toMatchObject({
      message: expect.stringContaining(
        "the loop may go round 1001 times, and the deployment lets none go round more than 1000",
      ),
      hint: expect.stringContaining("--param maxRounds=1001"),
    });
    expect(asked).toEqual([]);
  });

  describe("attack: naming another flow's secret", () => {
    const curious = flow("Curious").step("look", { secrets: { KEY: "/millrace/dev/Stats/key" } }, () => ({}));
    const refusal = {
      message: expect.stringContaining("flow Curious, step look: its secret KEY refers to /millrace/dev/Stats/key"),
      hint: expect.stringContaining("below millrace/dev/Curious/"),
    };

    test("is refused when the flow is deployed, and nothing is made", async () => {
      const { deploy, asked } = await openService();
      await expect(deploy(curious)).rejects.toMatchObject(refusal);
      expect(asked).toEqual([]);
    });

    test("is refused when a run of one's own asks for its jobs", async () => {
      const { call, asked, codePackage } = await openService();
      await expect(call("POST /flows/Curious/jobs", { graph: curious.graph, codePackage })).rejects.toMatchObject(
        refusal,
      );
      expect(asked).toEqual([]);
    });
  });

  test("a step that no queue of the deployment has room for is refused, and told how there is one", async () => {
    const { deploy, asked } = await openService();
    const large = flow("Large")
      .step("fit", { memory: "200GiB" }, () => ({}))
      .step("train", { gpu: 1 }, () => ({}));
    const refused = deploy(large);
    await expect(refused).rejects.toMatchObject({ code: "machine.invalid" });
    await expect(refused).rejects.toThrow(
      /fit: it is larger than.*\n.*--param ec2=on[^]*train: it asks for a GPU[^]*--param gpu=on/,
    );
    expect(asked).toEqual([]);
  });

  test("a schedule comes with the flow, and goes with it", async () => {
    const { deploy, call, asked, trigger } = await openService();
    expect(await deploy(daily)).toMatchObject({
      schedules: [{ expression: "rate(1 day)", timezone: "UTC" }],
    });
    expect(asked).toContain("schedule Daily rate(1 day)");
    await call("DELETE /flows/Daily?user=ann");
    expect(asked).toContain("unschedule Daily rate(1 day)");
    await expect(trigger("Daily")).rejects.toMatchObject({ code: "flow.notDeployed" });
    expect((await deploy(daily)).namespace).toMatch(/^production:Daily-1-/);
  });

  test("of its schedules, those that are no longer there go with the next version, and the others stay", async () => {
    const { deploy, asked } = await openService();
    const withSchedules = (...schedule: string[]) => flow("Daily", { schedule }).step("only", () => ({}));
    await deploy(withSchedules("rate(1 day)", "rate(2 days)", "rate(3 days)"));
    asked.length = 0;
    await deploy(withSchedules("rate(3 days)", "rate(1 day)"));
    expect(asked.filter((one) => one.includes("schedule"))).toEqual([
      "schedule Daily rate(3 days)",
      "schedule Daily rate(1 day)",
      "unschedule Daily rate(2 days)",
    ]);
  });

  test("schedules that a deployment made before it failed go with the one that succeeds", async () => {
    const { deploy, asked, common } = await openService();
    const { keep } = common.schedules;
    common.schedules.keep = async () => {
      throw new Error("out of order");
    };
    await expect(deploy(daily)).rejects.toThrow("out of order");
    common.schedules.keep = keep;
    await deploy(flow("Daily").step("only", () => ({})));
    expect(asked).toContain("unschedule Daily rate(1 day)");
  });

  test("the schedule that an earlier version of Millrace named like the flow goes too", async () => {
    const { deploy, asked, common } = await openService();
    await deploy(daily);
    const { schedules: _, ...record } = (await common.registry.read("Daily"))!;
    await common.registry.write({ ...record, schedule: "rate(1 day)" }, record.revision);
    await deploy(daily);
    expect(asked.filter((one) => one.startsWith("unschedule"))).toEqual(["unschedule Daily"]);
  });

  test("a paused flow stays paused when it is deployed anew, until it is unpaused", async () => {
    const { call, deploy, asked } = await openService();
    await deploy(daily);
    const set = (paused: boolean) => call("PUT /flows/Daily/paused", { user: "ann", paused });
    expect(await set(true)).toMatchObject({ paused: true });
    expect(await deploy(daily)).toMatchObject({ paused: true, version: 2 });
    expect(await call("GET /flows/Daily")).toMatchObject({ paused: true });
    expect(await set(false)).not.toHaveProperty("paused");
    expect(asked.filter((one) => one.includes("rate"))).toEqual([
      "schedule Daily rate(1 day)",
      "pause Daily rate(1 day)",
      "pause Daily rate(1 day)",
      "schedule Daily rate(1 day)",
    ]);
  });

  test("nobody but its owner, or who has its token, pauses a flow", async () => {
    const { call, deploy } = await openService();
    const { token } = await deploy(daily);
    const paused = { user: "bob", paused: true };
    await expect(call("PUT /flows/Daily/paused", paused)).rejects.toMatchObject({ code: "flow.owned" });
    expect(await call("PUT /flows/Daily/paused", paused, { token: token! })).toMatchObject({ paused: true });
    await expect(call("PUT /flows/Nothing/paused", paused)).rejects.toMatchObject({ code: "flow.notDeployed" });
  });

  test("a schedule whose input the flow's parameters refuse is not deployed", async () => {
    const { deploy, asked } = await openService();
    const options = { params: { top: z.number().max(9) }, schedule: { rate: "1 day", input: { top: 10 } } };
    await expect(deploy(flow("Top", options).step("only", () => ({})))).rejects.toMatchObject({
      code: "graph.schedule",
      message: expect.stringContaining("the input of its schedule rate(1 day)"),
    });
    expect(asked).toEqual([]);
  });

  test("a deployment that fails half-way does not keep the next from trying", async () => {
    const { deploy, common } = await openService();
    const { put } = common.machines;
    common.machines.put = async () => {
      throw new Error("out of order");
    };
    await expect(deploy(stats)).rejects.toThrow("out of order");
    common.machines.put = put;
    expect(await deploy(stats)).toMatchObject({ created: true });
  });
});

describe("attack: whoever does not own a production flow", () => {
  const ann = { principal: "arn:aws:iam::1:user/ann" };
  const bob = { principal: "arn:aws:iam::1:user/bob" };

  /** A flow of Ann's, and one run of it. */
  async function annsFlow() {
    const service = await openService();
    const { token } = await service.deploy(stats, {}, ann);
    const { run } = await service.trigger("Stats");
    return { ...service, token: token!, run };
  }

  test.each<[string, (run: number) => [route: string, body?: object]]>([
    ["stop its runs", (run) => [`POST /flows/Stats/runs/${run}/stop`, { user: "ann" }]],
    ["remove it", () => ["DELETE /flows/Stats?user=ann"]],
    ["make its token anew", () => ["POST /flows/Stats/token", { user: "ann" }]],
  ])("can't %s, but who holds the token can", async (_, asked) => {
    const { call, token, run } = await annsFlow();
    const [route, body] = asked(run);
    for (const as of [bob, { ...bob, token: "mt_guess" }])
      await expect(call(route, body, as)).rejects.toMatchObject({ code: "flow.owned" });
    await expect(call(route, body, { ...bob, token })).resolves.toBeDefined();
  });

  test("has no more of a token that was made anew", async () => {
    const { call, deploy, token } = await annsFlow();
    const { token: next } = await call<{ token: string }>("POST /flows/Stats/token", { user: "ann" }, ann);
    expect(next).not.toBe(token);
    await expect(deploy(stats, { token }, bob)).rejects.toMatchObject({ code: "flow.owned" });
    await expect(deploy(stats, { token: next }, bob)).resolves.toMatchObject({ version: 2 });
  });

  test("may where the stack says that its flows are everybody's, but for the token", async () => {
    const { call, common, deploy, run } = await annsFlow();
    Object.assign(common, { areFlowsShared: true });
    await expect(call(`POST /flows/Stats/runs/${run}/stop`, { user: "bob" }, bob)).resolves.toEqual({ stopped: true });
    await expect(deploy(stats, {}, bob)).rejects.toMatchObject({ code: "flow.owned" });
    await expect(call("POST /flows/Stats/token", { user: "bob" }, bob)).rejects.toMatchObject({ code: "flow.owned" });
  });
});
