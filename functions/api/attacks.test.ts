import { describe, expect, test } from "vitest";
import { flow } from "../../sdk/index.ts";
import type { Run } from "../../store/ledger/ledger.ts";
import { openService, stats } from "./fixtures.ts";

const mine = flow("Mine")
  .step("start", () => ({ rows: [[1], [2]] }))
  .foreach("rows", { as: "row" }, (each) => each.step("fit", { compute: "batch" }, () => ({})))
  .join("end", () => ({}));

describe("attack: beginning a task that is another's to begin", () => {
  /** A run of a flow that is attacked, and one of the attacker's own, whose steps can read what they were given. */
  async function openRuns() {
    const service = await openService();
    for (const one of [stats, mine]) await service.deploy(one);
    for (const one of [stats, mine]) await service.trigger(one.name);
    const begin = (
      shown: object,
      task: { step: string; index: string } = { step: "start", index: "0" },
      run = "Stats/1",
    ) => service.call(`POST /runs/${run}/tasks/start`, { ...task, by: "job#1", ...shown });
    const isUntouched = async () => (await service.ledger.listSteps({ flow: "Stats", run: 1 })).length === 0;
    return { ...service, begin, isUntouched };
  }
  type Opened = Awaited<ReturnType<typeof openRuns>>;

  const shown: readonly (readonly [what: string, show: (opened: Opened) => object | Promise<object>])[] = [
    ["with no proof", () => ({})],
    ["with an empty one", () => ({ proof: "" })],
    ["with one that was made up", () => ({ proof: "0".repeat(64) })],
    [
      "with the proof of its own task of that name",
      async ({ proofOf }) => ({ proof: await proofOf({ flow: "Mine", run: 1, step: "start", index: "0" }) }),
    ],
    [
      "with that of another task of the same run",
      async ({ proofOf }) => ({ proof: await proofOf({ flow: "Stats", run: 1, step: "merge", index: "0" }) }),
    ],
    [
      "with that of an array that it is no child of",
      async ({ proofOf }) => ({ proof: await proofOf({ flow: "Stats", run: 1, step: "compute", index: "*" }) }),
    ],
  ];
  test.each(shown)("a step with the job role's credentials cannot begin another flow's task %s", async (_, show) => {
    const opened = await openRuns();
    await expect(opened.begin(await show(opened))).rejects.toMatchObject({ code: "proof.invalid" });
    expect(await opened.isUntouched()).toBe(true);
  });

  test("a step with the job role's credentials learns of another flow's run neither its steps nor its end", async () => {
    const { begin, call } = await openRuns();
    const refused = { code: "proof.invalid" };
    for (const task of [
      { step: "none", index: "0" },
      { step: "merge", index: "7.7" },
    ])
      await expect(begin({ proof: "made up" }, task)).rejects.toMatchObject(refused);
    await call("POST /flows/Stats/runs/1/stop");
    await expect(begin({ proof: "made up" })).rejects.toMatchObject(refused);
  });

  test("a child of an array begins by the array's proof, and with that no task of another place", async () => {
    const { begin, proofOf, ledger } = await openRuns();
    const run = { flow: "Stats", run: 1 };
    await ledger.startAttempts(run, [{ step: "start", index: "0", at: 1, by: "test" }]);
    const value = { type: "foreach", width: 2, pages: ["0".repeat(64)], pageSize: 2 } as const;
    const end = { status: "succeeded", manifest: {}, controls: [{ node: "merge", index: "0", value }] } as const;
    await ledger.finishAttempts(run, [{ step: "start", index: "0", attempt: 1, at: 2, ...end }]);
    const proof = await proofOf({ flow: "Stats", run: 1, step: "compute", index: "*" });
    for (const index of ["0.1", "0.0.1"])
      await expect(begin({ proof }, { step: "compute", index })).rejects.toMatchObject({ code: "proof.invalid" });
    await expect(begin({ proof }, { step: "merge", index: "0" })).rejects.toMatchObject({ code: "proof.invalid" });
    for (const index of ["0", "1"])
      expect(await begin({ proof }, { step: "compute", index })).toMatchObject({ state: "started", attempt: 1 });
  });

  test("a task that asks too early begins nothing, and is told so", async () => {
    const { start, isUntouched } = await openRuns();
    for (const step of ["compute", "merge"])
      await expect(start(1, step)).rejects.toMatchObject({ code: "task.tooEarly" });
    expect(await isUntouched()).toBe(true);
  });

  test("nobody begins a task of a run that was made before there were proofs", async () => {
    const { ledger, begin } = await openRuns();
    const { run: known } = (await ledger.readRunAndSecret({ flow: "Stats", run: 1 }))!;
    const { run } = await ledger.createRun(known);
    for (const shown of [{}, { proof: "" }, { proof: "0".repeat(64) }])
      await expect(begin(shown, undefined, `Stats/${run}`)).rejects.toMatchObject({
        code: "proof.invalid",
        hint: expect.stringContaining("Deploy the flow again") as string,
      });
  });

  test("a reader of runs is told no secret by any answer, and neither is who starts a deployed flow", async () => {
    const { call, ledger, trigger } = await openRuns();
    const { secret } = (await ledger.readRunAndSecret({ flow: "Stats", run: 1 }))!;
    expect(secret).toMatch(/^[\w-]{43}$/);
    const asked = ["/flows", "/runs", "/flows/Stats/runs", "/flows/Stats/runs/1", "/flows/Stats/runs/1/steps"];
    const answers = await Promise.all(asked.map((path) => call(`GET ${path}`)));
    answers.push(await call("PATCH /flows/Stats/runs/1", { tags: ["mine"] }));
    expect(JSON.stringify(answers)).not.toContain(secret);
    expect(await trigger("Stats")).not.toHaveProperty("secret");
  });

  test("a person who carries a run out is told its secret once, when it is made", async () => {
    const { call, codePackage, ledger } = await openRuns();
    const owner = { host: "laptop", pid: 7 };
    const given = { engine: "client", graph: mine.graph, codePackage, parameters: {}, controls: [], tags: [] };
    const { run, secret } = await call<Run & { secret: string }>("POST /flows/Mine/runs", {
      ...given,
      user: "ann",
      owner,
    });
    expect(await ledger.readRunAndSecret({ flow: "Mine", run })).toMatchObject({ secret });
    expect(await call("POST /flows/Mine/runs/2/finish", { status: "succeeded" })).not.toHaveProperty("secret");
  });
});
