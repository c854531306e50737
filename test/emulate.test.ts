import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makePlace, type Place } from "./cli-harness.ts";
import { serve, type Served } from "./support/served.ts";

const FLOWS = `
import { flow } from "millrace";
import { z } from "zod";
export const everything = flow("Everything", { params: { top: z.coerce.date().default("2026-01-01") } })
  .step("start", ({ top }) => {
    console.log("starting");
    return { list: [1, 2, 3], large: "x".repeat(50_000), year: top.getUTCFullYear(), way: "left" };
  })
  .foreach("list", { as: "item" }, (each) => each.step("square", { compute: "batch", cpu: 32 }, ({ item }) => ({ squared: item * item })))
  .join("sum", (turns, { large }) => ({ sum: turns.pluck("squared").reduce((a, b) => a + b, 0), length: large.length }))
  .step("short", { compute: "lambda", retry: 1 }, (_, { attempt }) => {
    if (attempt === 1) throw new Error("once");
    return { tried: attempt };
  })
  .switch("way", { left: (s) => s.step("went", { catch: true }, () => { throw new TypeError("never mind"); }) }, (s) => s)
  .step("end", ({ sum, tried, failure }) => ({ told: [sum, tried, failure?.name] }));
export const nested = flow("Nested")
  .step("start", () => {
    console.log("two rows");
    return { rows: [[1, 2], [3]] };
  })
  .foreach("rows", { as: "row" }, (outer) => outer
    .foreach("row", { as: "cell" }, (inner) => inner.step("square", ({ cell }) => ({ squared: cell * cell })))
    .join("sumRow", (cells) => ({ sum: cells.pluck("squared").reduce((a, b) => a + b, 0) })))
  .join("end", (rows) => ({ sums: rows.pluck("sum") }));
export const waiting = flow("Waiting").step("waits", (_, { signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)));
`;

describe("millrace emulate", () => {
  let place: Place;
  /** The same folder by commands that use the server. */
  let served: Place;
  let opened: Served;
  let server: ReturnType<Place["start"]>;

  async function open(): Promise<void> {
    opened = await serve(place);
    ({ server, place: served } = opened);
  }

  beforeAll(async () => {
    // Where there are no credentials, none are asked for.
    place = makePlace().with({ AWS_ACCESS_KEY_ID: undefined, AWS_PROFILE: undefined });
    place.write({ "flows.ts": FLOWS });
    await open();
    for (const name of ["everything", "nested", "waiting"]) await served.millrace("deploy", `flows.ts#${name}`);
  }, 60_000);
  afterAll(async () => {
    server.child.kill("SIGINT");
    await server.ended;
    place.remove();
  });

  test("a flow is deployed, triggered and read by the commands that do so in an account", async () => {
    const run = await served.millrace("trigger", "Everything", "--top", "2024-05-06", "--wait");
    expect(run.stdout).toMatch(/Everything\/1 succeeded after/);
    const [end] = await served.objects("dump", "Everything/1/end", "told", "year", "length", "--json");
    expect(end!["artifacts"]).toEqual({ told: [14, 2, "TypeError"], year: 2024, length: 50_000 });
    const { stdout } = await served.millrace("logs", "Everything/1/start/0");
    expect(stdout).toContain("starting");
    expect((await place.millrace("logs", "Everything/1/start/0")).stdout).toBe(stdout);
  }, 60_000);

  test("is called a server on this machine, and no account", async () => {
    expect((await served.millrace("configure", "show")).stdout).toContain("runs are kept by a server on this machine");
    const { stdout } = await served.millrace("deploy", "flows.ts#waiting");
    expect(stdout).toMatch(/^Waiting is deployed to http:\/\/127\.0\.0\.1:\d+: version \d+\./);
  });

  test("a mistyped parameter is named, with the one that was meant", async () => {
    const { code, stderr } = await served.millrace("trigger", "Everything", "--tpo", "1");
    expect([code, stderr]).toEqual([2, 'neither the command nor the flow knows --tpo\n  Did you mean "--top"?\n']);
  });

  test("leaves what a run without it leaves", async () => {
    const leftBy = async (run: string) =>
      (await place.objects("dump", run, "--json")).map(({ pathspec, artifacts }) => [
        pathspec.replace(/\/\d+\//, "/"),
        artifacts,
      ]);
    await place.millrace("run", "flows.ts#everything", "--top", "2024-05-06");
    const left = await leftBy("Everything/2");
    expect(left).toHaveLength(8);
    expect(await leftBy("Everything/1")).toEqual(left);
  }, 60_000);

  test.each([
    ["", []],
    [" with --with batch", ["--with", "batch"]],
  ])(
    "a flow that is run leaves the same%s, and its steps for Batch and Lambda stay on this machine",
    async (_, given) => {
      const run = await served.millrace("run", "flows.ts#everything", "--top", "2024-05-06", ...given);
      expect([run.code, run.stderr]).toEqual([0, expect.not.stringContaining("AWS")]);
      expect(run.stdout).toMatch(/\/square\/2 \(pid/);
      const [newest] = await served.objects("runs", "Everything", "--limit", "1", "--json");
      const [end] = await served.objects("dump", `Everything/${newest!["run"]}/end`, "told", "--json");
      expect(end!["artifacts"]).toEqual({ told: [14, 2, "TypeError"] });
    },
    120_000,
  );

  test.each(["run", "trigger"])(
    "a nested foreach by %s finds the inner lists one by one",
    async (command) => {
      const target = command === "run" ? ["run", "flows.ts#nested"] : ["trigger", "Nested", "--wait"];
      const run = await served.millrace(...target);
      expect([run.code, run.stderr]).toEqual([0, ""]);
      const [newest] = await served.objects("runs", "Nested", "--limit", "1", "--json");
      const [end] = await served.objects("dump", `Nested/${newest!["run"]}/end`, "sums", "--json");
      expect(end!["artifacts"]).toEqual({ sums: [5, 9] });
    },
    60_000,
  );

  test("a flow that is run tells of each task's start and end once", async () => {
    const { stdout } = await served.millrace("run", "flows.ts#nested");
    const told = stdout.split("\n").filter((line) => line.includes("/start/0 "));
    expect(told.map((line) => line.replace(/^\[[^\]]+\] /, ""))).toEqual([
      "Task is starting.",
      "two rows",
      "Task finished successfully.",
    ]);
  }, 60_000);

  test("a run is stopped", async () => {
    await served.millrace("trigger", "Waiting");
    expect((await served.millrace("stop", "Waiting/1")).code).toBe(0);
    const [run] = await served.objects("runs", "Waiting", "--json");
    expect(run).toMatchObject({ status: "stopped" });
  }, 60_000);

  test("what is not signed, comes by another name, or writes other bytes than were signed for is refused", async () => {
    const { url } = opened;
    expect((await fetch(`${url}/flows`)).status).toBe(403);
    const headers = opened.sign("/flows");
    expect((await fetch(`${url}/flows`, { headers })).status).toBe(200);
    expect((await fetch(`${url.replace("127.0.0.1", "localhost")}/flows`, { headers })).status).toBe(403);
    const hash = "ab".repeat(32);
    const body = JSON.stringify({ reads: [], writes: [{ hash, size: 3 }] });
    const signed = await opened.send("/artifacts/sign", { method: "POST", body });
    const { writes } = (await signed.json()) as { writes: Record<string, { url: string }> };
    const upload = writes[hash]!.url;
    expect((await fetch(upload, { method: "PUT", body: "abc" })).status).toBe(400);
    expect((await fetch(upload.replace("PUT", "GET"))).status).toBe(403);
    expect((await fetch(upload.replace(hash, "cd".repeat(32)), { method: "PUT", body: "abc" })).status).toBe(403);
  });

  test("a second server of the same store is refused, and says which serves it", async () => {
    const { code, stderr } = await place.millrace("emulate", "--port", "0");
    expect([code, stderr]).toEqual([2, expect.stringContaining(`process ${server.child.pid} serves`)]);
  });

  test("what a server that was killed left running has failed when the next one starts", async () => {
    await served.millrace("trigger", "Waiting");
    server.child.kill("SIGKILL");
    await server.ended;
    await open();
    const [run] = await served.objects("runs", "Waiting", "--limit", "1", "--json");
    expect(run).toMatchObject({ run: 2, status: "failed", error: { name: "Lost" } });
  }, 60_000);
});
