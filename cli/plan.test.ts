import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flowFile, makePlace, type Place } from "../test/cli-harness.ts";
import type { Plan } from "../statemachines/plan/plan.ts";

let place: Place;
beforeAll(() => {
  place = makePlace();
  const chain = `.step("start", () => ({ list: [1, 2, 3], kind: "a" as "a" | "b" }))
    .foreach("list", { as: "item" }, (each) => each.step("work", { retry: 1 }, ({ item }) => ({ twice: 2 * item })))
    .join("gather", (all) => ({ sum: all.pluck("twice").length }))
    .switch("kind", { a: (s) => s.step("left", () => ({})), b: (s) => s.step("right", () => ({})) })
    .loop({ while: "more", max: 3 }, (body) => body.step("turn", () => ({ more: false })))`;
  place.write({ "costs.ts": flowFile("Costs", chain) });
});
afterAll(() => place.remove());

const json = async (...args: string[]) => (await place.objects("plan", ...args, "--json"))[0] as unknown as Plan;
const tasksOf = ({ steps }: Plan) => Object.fromEntries(steps.map(({ step, tasks }) => [step, tasks]));

describe("millrace plan", () => {
  test("tells the bill by service and by step, the limits, and what it took for granted", async () => {
    const { stdout, code } = await place.millrace("plan", "costs.ts");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Costs: one run, as planned, at the list prices of us-east-1/);
    expect(stdout).toMatch(/Step Functions +state transitions +\d+ +\$0\.025 a thousand/);
    expect(stdout).toMatch(/work +Fargate Spot, 1 vCPU, 2 GiB +1 +1 min 0 s/);
    expect(stdout).toMatch(/First limit: gather at a width of 101 waits for 100 containers/);
    expect(stdout).toMatch(/a width of 1 for gather/);
    expect(stdout).toMatch(/kind=b/);
  });

  test.each([["gather"], ["work"], ["list"], ["item"]])("knows a foreach as %s", async (name) => {
    expect(tasksOf(await json("costs.ts", "--width", `${name}=12`))).toMatchObject({ work: 12, gather: 1 });
  });

  test("is told of rounds, cases and minutes", async () => {
    const planned = await json(
      "costs.ts",
      "--rounds",
      "turn=3",
      "--case",
      "kind=a",
      "--minutes",
      "turn=10",
      "--minutes",
      "2",
    );
    expect(tasksOf(planned)).toMatchObject({ turn: 3, left: 1, right: 0 });
    const seconds = Object.fromEntries(planned.steps.map((one) => [one.step, one.seconds]));
    expect(seconds).toMatchObject({ turn: 1800, start: 120 });
  });

  test.each([
    [["--width", "wrok=3"], /nothing by the name wrok\n.*Did you mean "work"/],
    [["--width", "start=3"], /step start: it is in no foreach, so it has no width\n.*gather/],
    [["--width", "work"], /--width work can't be read\n.*STEP=N/],
    [["--width", "work=many"], /can't be read\n.*whole number/],
    [["--rounds", "start=2"], /it is in no loop/],
    [["--case", "kind=neither"], /no case "neither"\n.*a, b/],
    [["--minutes", "strat=2"], /Did you mean "start"/],
    [["--minutes", "start=soon"], /can't be read/],
    [["--of", "Costs/1"], /read from its own record/],
  ])("refuses %j with what to do instead", async (args, told) => {
    const { code, stderr } = await place.millrace("plan", "costs.ts", ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(told);
  });

  test("tells what a run used by its record: real widths and ways, as if it had been in an account", async () => {
    await place.millrace("run", "costs.ts", "--quiet");
    const used = await json("--of", "Costs/1");
    expect(tasksOf(used)).toEqual({ start: 1, work: 3, gather: 1, left: 1, right: 0, turn: 1 });
    const planned = await json("costs.ts", "--width", "work=3", "--case", "kind=a");
    expect(used.transitions).toBe(planned.transitions);
    const { stdout } = await place.millrace("plan", "--of", "Costs");
    expect(stdout).toMatch(/^Costs: run 1, which succeeded/);
    expect(stdout).toContain("It ran on this machine");
  });

  test("says that there is no such run, and that there is nothing to plan", async () => {
    expect((await place.millrace("plan", "--of", "Costs/99")).stderr).toMatch(/there is no run 99/);
    expect((await place.millrace("plan")).stderr).toMatch(/nothing to plan/);
  });
});
