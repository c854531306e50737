import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fixedKey } from "../../aws/s3/signing-keys.ts";
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
    await call("POST /flows/Stats/runs/1/stop", { user: "ann" });
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

describe("attack: leaving what is another's as one's own", () => {
  const bytes = Buffer.from("another flow's secrets".repeat(1_000));
  const stolen = createHash("sha256").update(bytes).digest("hex");
  const made = { size: bytes.length, blob: stolen };

  async function openAttempt() {
    const service = await openService();
    await service.blobs.write(stolen, [bytes]);
    await service.deploy(one);
    await service.trigger(one.name);
    const { base, token } = await service.startOf({ flow: one.name, run: 1, step: "start" });
    const say = (action: string, body: object) => service.call(`POST /runs/One/1/tasks/${action}`, body, { token });
    const finish = (blobs?: readonly object[]) =>
      say("finish", { status: "succeeded", base, own: { mine: made }, controls: [], ...(blobs && { blobs }) });
    return { ...service, say, finish };
  }
  const one = flow("One")
    .step("start", () => ({}))
    .step("end", () => ({}));

  const wrong: readonly (readonly [what: string, blobs: readonly object[] | undefined])[] = [
    ["by its hash alone", undefined],
    ["with a grant that was made up", [{ hash: stolen, grant: "A".repeat(22) }]],
    ["with a digest that was made up", [{ hash: stolen, md5: "0".repeat(32) }]],
    ["with the digest of other bytes", [{ hash: stolen, md5: createHash("md5").update("other").digest("hex") }]],
    ["with nothing to show for it", [{ hash: stolen }]],
  ];
  test.each(wrong)("a task that knows a hash cannot leave another flow's blob %s", async (_, blobs) => {
    const { finish, startOf } = await openAttempt();
    await expect(finish(blobs)).rejects.toMatchObject({ code: "grant.invalid" });
    await expect(startOf({ flow: "One", run: 1, step: "end" })).rejects.toMatchObject({ code: "task.tooEarly" });
  });

  test("a task that asks to store what is stored already is not taken to have it", async () => {
    const { say, finish } = await openAttempt();
    expect(await say("sign", { reads: [], writes: [{ hash: stolen, size: bytes.length }] })).toMatchObject({
      writes: {},
    });
    await expect(finish()).rejects.toMatchObject({ code: "grant.invalid" });
  });

  test("a task leaves what it has the bytes of, whoever stored them first", async () => {
    const { finish } = await openAttempt();
    expect(await finish([{ hash: stolen, md5: createHash("md5").update(bytes).digest("hex") }])).toEqual({
      state: "accepted",
    });
  });
});

describe("attack: a token that is kept for later", () => {
  const options = { compute: "batch", timeout: "10m", retry: { attempts: 2, backoff: "30s", jitter: false } } as const;
  const short = flow("Short")
    .step("start", options, () => ({}))
    .step("quick", { compute: "lambda" }, () => ({}))
    .step("end", () => ({}));
  const SECOND = 1_000;

  async function openAttempt() {
    const service = await openService();
    await service.deploy(short);
    await service.trigger("Short");
    const begun = await service.startOf({ flow: "Short", run: 1, step: "start" });
    const say = (action: string, body: object = {}, { token }: { readonly token: string } = begun) =>
      service.call(`POST /runs/Short/1/tasks/${action}`, body, { token });
    const report = ({ base }: { readonly base: object } = begun) => ({
      status: "succeeded",
      base,
      own: {},
      controls: [],
    });
    return { ...service, begun, say, report };
  }

  test("a task's token is good for its step's timeout, the wait before a retry and what it takes to report", async () => {
    const { clock, say } = await openAttempt();
    const began = clock.now;
    clock.now = began + (600 + 60 + 60 + 600) * SECOND;
    expect(await say("heartbeat")).toEqual({ alive: true });
    clock.now += 1;
    await expect(say("heartbeat")).rejects.toMatchObject({ code: "token.invalid" });
  });

  test("a step on Lambda keeps no token for longer than a function lives", async () => {
    const { clock, begun, say, report, startOf } = await openAttempt();
    await say("finish", report(begun));
    const quick = await startOf({ flow: "Short", run: 1, step: "quick" });
    clock.now += (900 + 600) * SECOND + 1;
    await expect(say("finish", report(quick), quick)).rejects.toMatchObject({ code: "token.invalid" });
  });

  test("a task's token is refused once the key that it was made with was withdrawn", async () => {
    const { key, say, begun, startOf, report } = await openAttempt();
    expect(begun.token).toMatch(new RegExp(`^${(await key.latest.current()).id}\\.`));
    key.latest = fixedKey(Buffer.from("the next key"));
    for (const [action, body] of [
      ["heartbeat", {}],
      ["sign", { reads: [], writes: [] }],
      ["finish", report()],
    ] as const)
      await expect(say(action, body)).rejects.toMatchObject({ code: "token.invalid" });
    const next = await startOf({ flow: "Short", run: 1, step: "start", index: "0", by: "job#2" });
    expect(await say("finish", report(next), next)).toEqual({ state: "accepted" });
  });

  test("a token that names a key in force is refused where another key made it", async () => {
    const { key, say, begun } = await openAttempt();
    key.latest = fixedKey(Buffer.from("the next key"));
    const [, ...rest] = begun.token.split(".");
    const token = [(await key.latest.current()).id, ...rest].join(".");
    await expect(say("heartbeat", {}, { token })).rejects.toMatchObject({ code: "token.invalid" });
  });

  test.each(["succeeded", "failed", "stopped"] as const)(
    "a task that outlives its run, which has %s, has nothing signed any more, and hears that it is over",
    async (status) => {
      const { say, ledger } = await openAttempt();
      await ledger.updateRun({ flow: "Short", run: 1 }, { status, finishedAt: 1 });
      const write = { hash: "a".repeat(64), size: 3 };
      await expect(say("sign", { reads: [], writes: [write] })).rejects.toMatchObject({ code: "run.over" });
      expect(await say("heartbeat")).toEqual({ alive: false });
    },
  );

  test("a join that outlives its run reads no more of its branches", async () => {
    const { deploy, trigger, ledger, start, call } = await openService();
    await deploy(stats);
    await trigger("Stats");
    const run = { flow: "Stats", run: 1 };
    await ledger.startAttempts(run, [{ step: "start", index: "0", at: 1, by: "test" }]);
    const value = { type: "foreach", width: 0, pages: [], pageSize: 1 } as const;
    const end = { status: "succeeded", manifest: {}, controls: [{ node: "merge", index: "0", value }] } as const;
    await ledger.finishAttempts(run, [{ step: "start", index: "0", attempt: 1, at: 2, ...end }]);
    const { token } = await start(1, "merge");
    const branches = () => call("POST /runs/Stats/1/tasks/branches", { from: 0 }, { token });
    expect(await branches()).toMatchObject({ width: 0 });
    await ledger.updateRun(run, { status: "stopped", finishedAt: 3 });
    await expect(branches()).rejects.toMatchObject({ code: "run.over" });
  });
});
