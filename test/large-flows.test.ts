import { md5Of } from "../store/blobs/hash.ts";
import { flow } from "millrace";
import { testFlow } from "millrace/testing";
import { describe, expect, test } from "vitest";
import { noBlobs, openService, stats } from "../functions/api/fixtures.ts";
import { packPages } from "../store/artifacts/pack.ts";
import { packArtifacts } from "../tasks/outcome.ts";
import { allStates } from "../statemachines/all-states.ts";
import { compile } from "../statemachines/compile.ts";
import { account, graph, lambda, loop, step } from "../statemachines/fixtures.ts";

const HOUR = 3_600_000;

/** Counts to 1,500, or fails on the way. */
function counting(failsAt = Infinity) {
  return flow("Counting")
    .step("begin", () => ({ n: 0, more: true }))
    .loop({ while: "more", max: 3_000 }, (each) =>
      each.step("count", ({ n }) => {
        if (n === failsAt) throw new RangeError(`${n} is too many`);
        return { n: n + 1, more: n + 1 < 1_500 };
      }),
    )
    .step("end", ({ n }) => ({ counted: n }));
}

describe("a run whose loop takes several executions", () => {
  test("goes on from each where the one before ended", async () => {
    expect(Object.keys(compile(counting().graph, account).children)).not.toEqual([]);
    const result = await testFlow(counting());
    expect(result.status).toBe("succeeded");
    expect(result.artifacts("end").counted).toBe(1_500);
  }, 60_000);

  test("fails with the task that failed in one of them", async () => {
    const result = await testFlow(counting(1_400));
    expect(result).toMatchObject({
      status: "failed",
      error: { name: "RangeError", message: "1400 is too many", step: "count", index: "1400" },
    });
  }, 60_000);

  test("is stopped with them", async () => {
    const stop = new AbortController();
    const stopping = flow("Stopping")
      .step("begin", () => ({ n: 0, more: true }))
      .loop({ while: "more", max: 3_000 }, (each) =>
        each.step("count", ({ n }) => {
          if (n === 20) stop.abort();
          return { n: n + 1, more: true };
        }),
      )
      .step("end", () => ({}));
    expect((await testFlow(stopping, {}, { signal: stop.signal })).status).toBe("stopped");
  }, 60_000);
});

describe("a flow that runs for 48 hours", () => {
  test("has no state that gives up before its steps do", () => {
    const long = graph("Long", step("a", { timeout: "48h" }), loop(1, [lambda("look")], 2_880), step("b"));
    const { machine, children } = compile(long, account);
    const states = [machine, ...Object.values(children)].flatMap((one) => [
      ["", one] as const,
      ...allStates(one as never),
    ]);
    const limits = states.flatMap(([, state]) => ("TimeoutSeconds" in state ? [state.TimeoutSeconds as number] : []));
    expect(Math.min(...limits)).toBeGreaterThan((48 * HOUR) / 1000);
    const job = machine.States["a"] as unknown as { Parameters: { Timeout: { AttemptDurationSeconds: number } } };
    expect(job.Parameters.Timeout.AttemptDurationSeconds).toBeGreaterThan((48 * HOUR) / 1000);
  });

  test("has a task that reads, writes and reports with the token that it began with", async () => {
    const { clock, blobs, call, deploy, trigger, start } = await openService();
    await deploy(stats);
    await trigger("Stats");
    const { token, base } = await start(1, "start");
    clock.now += 48 * HOUR;
    const tell = <T>(what: string, body: object) => call<T>(`POST /runs/Stats/1/tasks/${what}`, body, { token });
    await tell("heartbeat", {});
    const write = { hash: "b".repeat(64), size: 5 };
    const { writes } = await tell<{ writes: Record<string, { url: string }> }>("sign", { reads: [], writes: [write] });
    expect(writes[write.hash]!.url).toContain("write");
    const own = packArtifacts({ genres: ["drama"] }, noBlobs);
    const { pages, pageSize } = packPages(["drama"]);
    for (const { hash, bytes } of pages) await blobs.write(hash, bytes);
    const width = { type: "foreach", width: 1, pages: pages.map(({ hash }) => hash), pageSize };
    const controls = [{ node: "merge", index: "0", value: width }];
    const left = pages.map(({ hash, bytes }) => ({ hash, md5: md5Of(bytes) }));
    expect(await tell("finish", { status: "succeeded", base, own, controls, blobs: left })).toEqual({
      state: "accepted",
    });
  });
});
