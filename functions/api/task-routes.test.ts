import { describe, expect, test } from "vitest";
import { packPages } from "../../store/artifacts/pack.ts";
import { md5Of } from "../../store/blobs/hash.ts";
import { packArtifacts } from "../../tasks/outcome.ts";
import { noBlobs, openService, stats } from "./fixtures.ts";

describe("tasks", () => {
  const never = "b".repeat(64);
  const md5 = "b".repeat(32);

  /** A run whose first step has finished with two genres to go over. */
  async function openRun(list: readonly string[] = ["drama", "comedy"]) {
    const service = await openService();
    await service.deploy(stats);
    await service.trigger("Stats");
    const begun = await service.start(1, "start");
    const genres = packPages(list);
    for (const { hash, bytes } of genres.pages) await service.blobs.write(hash, bytes);
    const pages = genres.pages.map(({ hash }) => hash);
    const width = { type: "foreach", width: list.length, pages, pageSize: genres.pageSize };
    const report = {
      status: "succeeded",
      base: begun.base,
      own: { ...packArtifacts({ genres: ["drama", "comedy"] }, noBlobs) },
      controls: [{ node: "merge", index: "0", value: width }],
      blobs: genres.pages.map(({ hash, bytes }) => ({ hash, md5: md5Of(bytes) })),
    };
    const finish = (body: object = report, token = begun.token) =>
      service.call("POST /runs/Stats/1/tasks/finish", body, { token });
    return { ...service, begun, report, finish, page: pages[0]! };
  }

  test("the first task has the parameters for its base, which the flow's validators have yet to see", async () => {
    const { begun, codePackage } = await openRun();
    expect(begun).toMatchObject({ state: "started", attempt: 1, settleParameters: "base" });
    expect(begun.base).toEqual(begun.parameters);
    expect(begun.code).toEqual({ hash: codePackage, url: `https://blobs/${codePackage}?read` });
  });

  test("a child begins with its own item, and with a URL for the page that holds it", async () => {
    const { finish, start, page } = await openRun();
    await finish();
    const child = await start(1, "compute", { index: "1" });
    expect(child.items).toEqual({ genre: { blob: page, size: 0, at: 1 } });
    expect(child.reads).toMatchObject([{ hash: page, url: `https://blobs/${page}?read` }]);
    expect(child.settleParameters).toBe("context");
  });

  test("the join begins with its branches, a page at a time", async () => {
    const { finish, start, call } = await openRun();
    await finish();
    for (const index of ["0", "1"]) {
      const { token, base, items, reads } = await start(1, "compute", { index });
      const report = {
        status: "succeeded",
        base,
        own: items,
        blobs: reads.map(({ hash, grant }) => ({ hash, grant })),
      };
      await call("POST /runs/Stats/1/tasks/finish", report, { token });
    }
    const join = await start(1, "merge");
    expect(join.branches).toMatchObject({ type: "foreach", width: 2, from: 0, manifests: [{}, {}] });
    const rest = await call<{ manifests: object[] }>(
      "POST /runs/Stats/1/tasks/branches",
      { from: 1 },
      { token: join.token },
    );
    expect(rest.manifests).toHaveLength(1);
  });

  test.each([
    ["little are all there when the join begins", 1, 1],
    ["much come in as few answers as hold them", 10, 3],
  ])("the branches of a wide foreach that left %s", async (_, artifacts, answers) => {
    const list = Array.from({ length: 450 }, (_, i) => `genre ${i}`);
    const { finish, start, call, ledger } = await openRun(list);
    await finish();
    const names = Array.from({ length: artifacts }, (_, i) => `a${i}`);
    const manifest = Object.fromEntries(names.map((name) => [name, { inline: "A".repeat(1_000), size: 750 }]));
    const run = { flow: "Stats", run: 1 };
    const tasks = list.map((_, i) => ({ step: "compute", index: String(i), at: 1 }));
    await ledger.startAttempts(
      run,
      tasks.map((task) => ({ ...task, by: "job#1" })),
    );
    await ledger.finishAttempts(
      run,
      tasks.map((task) => ({ ...task, attempt: 1, status: "succeeded", manifest })),
    );
    const { token, branches } = await start(1, "merge");
    let asked = 1;
    const manifests = [...(branches as { readonly manifests: readonly object[] }).manifests];
    for (; manifests.length < 450; asked++) {
      const page = { from: manifests.length };
      manifests.push(
        ...(await call<{ manifests: object[] }>("POST /runs/Stats/1/tasks/branches", page, { token })).manifests,
      );
    }
    expect(manifests.map((one) => Object.keys(one).filter((name) => /^a\d/.test(name)).length)).toEqual(
      list.map(() => artifacts),
    );
    expect(asked).toBe(answers);
  });

  test("a task that has finished is not begun again", async () => {
    const { finish, start } = await openRun();
    await finish();
    expect(await start(1, "start", { index: "0", by: "job#2" })).toMatchObject({ state: "done" });
  });

  test("the same report told twice, for its answer was lost, is accepted twice; another is not", async () => {
    const { finish, report } = await openRun();
    expect(await finish()).toEqual({ state: "accepted" });
    expect(await finish()).toEqual({ state: "accepted" });
    await expect(finish({ ...report, own: packArtifacts({ genres: [] }, noBlobs) })).rejects.toMatchObject({
      code: "attempt.refused",
    });
  });

  test("an attempt that was given up changes nothing any more", async () => {
    const { finish, start, call, begun } = await openRun();
    await start(1, "start", { index: "0", by: "another#1" });
    await expect(finish()).rejects.toMatchObject({ code: "attempt.refused" });
    expect(await call("POST /runs/Stats/1/tasks/heartbeat", {}, { token: begun.token })).toEqual({ alive: false });
  });

  test.each([
    ["no token", undefined],
    ["a made-up one", "e30.AAAA"],
    ["one of a key that there is not", "AAAAAAAA.e30.AAAA"],
  ])("nothing is accepted with %s", async (_, token) => {
    const { call, report } = await openRun();
    for (const [what, body] of [
      ["finish", report],
      ["heartbeat", {}],
      ["sign", { reads: [], writes: [] }],
      ["branches", { from: 0 }],
    ] as const) {
      const asked = call(`POST /runs/Stats/1/tasks/${what}`, body, token === undefined ? {} : { token });
      await expect(asked).rejects.toMatchObject({ code: "token.invalid" });
    }
  });

  test("a token of another run, and one that was changed, are none", async () => {
    const { call, trigger, begun, report } = await openRun();
    await trigger("Stats");
    const other = call("POST /runs/Stats/2/tasks/finish", report, { token: begun.token });
    await expect(other).rejects.toMatchObject({ code: "token.invalid" });
    const [key = "", claims = "", signature = ""] = begun.token.split(".");
    const changed = JSON.parse(Buffer.from(claims, "base64url").toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...changed, step: "merge" })).toString("base64url");
    const asked = call("POST /runs/Stats/1/tasks/finish", report, { token: `${key}.${forged}.${signature}` });
    await expect(asked).rejects.toMatchObject({ code: "token.invalid" });
  });

  test("an attempt gets URLs for what it was granted, and for nothing else", async () => {
    const { finish, start, call, page, codePackage } = await openRun();
    await finish();
    const { token, reads } = await start(1, "compute", { index: "0" });
    const sign = (hash: string, grant: string) =>
      call("POST /runs/Stats/1/tasks/sign", { reads: [{ hash, grant }], writes: [] }, { token });
    expect(await sign(page, reads[0]!.grant)).toMatchObject({ reads: { [page]: `https://blobs/${page}?read` } });
    await expect(sign(codePackage, reads[0]!.grant)).rejects.toMatchObject({ code: "grant.invalid" });
    const sibling = await start(1, "compute", { index: "1" });
    await expect(sign(page, sibling.reads[0]!.grant)).rejects.toMatchObject({ code: "grant.invalid" });
  });

  test("what is stored already is not uploaded again", async () => {
    const { call, begun, page } = await openRun();
    const hash = "a".repeat(64);
    const writes = [
      { hash, size: 3 },
      { hash: page, size: 3 },
    ];
    const signed = await call<{ writes: object }>(
      "POST /runs/Stats/1/tasks/sign",
      { reads: [], writes },
      { token: begun.token },
    );
    expect(signed.writes).toEqual({ [hash]: { url: `https://blobs/${hash}?write=3`, headers: {} } });
  });

  test.each([
    [
      "a blob that was never stored",
      { own: { genres: { blob: never, size: 9 } }, blobs: [{ hash: never, md5 }] },
      "artifact.notStored",
    ],
    ["another base", { base: {}, own: {} }, "task.otherBase"],
    ["no control value where one is asked", { controls: [] }, "control.unexpected"],
    [
      "a control value that nobody asks",
      { controls: [{ node: "merge", index: "0.0", value: { type: "loop", again: true } }] },
      "control.unexpected",
    ],
    ["a failure that the step does not catch", { status: "failed", caught: true }, "task.notCaught"],
  ])("a report with %s is refused", async (_, change, code) => {
    const { finish, report } = await openRun();
    await expect(finish({ ...report, ...change })).rejects.toMatchObject({ code });
  });

  test.each([
    ["start", "1"],
    ["start", "0.0"],
    ["compute", "0.1"],
    ["nothing", "0"],
  ])("no task %s/%s is begun", async (step, index) => {
    const { start } = await openRun();
    await expect(start(1, step, { index })).rejects.toMatchObject({
      code: step === "nothing" ? "step.unknown" : "task.unknown",
    });
  });

  test("no task of a run that is over is begun", async () => {
    const { start, call } = await openRun();
    await call("POST /flows/Stats/runs/1/stop", { user: "ann" });
    await expect(start(1, "start", { index: "0", by: "job#2" })).rejects.toMatchObject({ code: "run.over" });
  });
});
