import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { flowFile, jsonLines, workspace } from "./support/workspace.ts";

/** A flow of one step that does what is told, between two that do nothing. */
const faulty = (handler: string, options = "{}") =>
  flowFile(`flow("Faulty")
  .step("start", () => ({ before: 1 }))
  .step("risky", ${options}, ${handler})
  .step("end", () => ({ after: 2 }))`);

async function runFaulty(handler: string, options?: string) {
  const place = workspace({ "faulty.ts": faulty(handler, options) });
  const ended = await place.run("faulty.ts");
  const finished = ended.events.at(-1)!;
  return {
    place,
    ended,
    finished,
    error: finished["error"] as { name: string; message: string; source?: string; step?: string },
  };
}

test("a flow that is known and throws when its worker imports it begins no task, and its next run does", async () => {
  const place = workspace({
    "moody.ts": `if (process.env.BROKEN) throw new RangeError("no licence");\n${flowFile(`flow("Moody").step("start", () => ({}))`)}`,
  });
  expect((await place.run("moody.ts")).code).toBe(0);
  const broken = await place.millrace(["run", "moody.ts"], { BROKEN: "1" });
  expect(broken.code).toBe(2);
  expect(broken.stderr).toContain("no licence");
  const runs = jsonLines((await place.millrace(["runs", "Moody", "--json"])).stdout);
  expect(runs).toMatchObject([
    { run: 2, status: "failed" },
    { run: 1, status: "succeeded" },
  ]);
  expect(await place.dump("Moody/1")).toHaveLength(1);
  const left = await place.millrace(["dump", "Moody/2", "--json"]);
  expect(left.stdout).toBe("");
  expect((await place.run("moody.ts")).code).toBe(0);
});

describe("a step that fails", () => {
  test.each([
    ["throws", `() => { throw new RangeError("too far"); }`, "RangeError", "too far"],
    ["rejects", `async () => { await null; throw new TypeError("no"); }`, "TypeError", "no"],
    ["throws what is no Error", `() => { throw { code: 7 }; }`, "NotAnError", '{"code":7}'],
    ["throws nothing at all", `() => { throw undefined; }`, "NotAnError", "undefined"],
    [
      "returns a function inside an artifact",
      `() => ({ model: { fit: () => 1 } })`,
      "artifact.unsupported",
      "model.fit is a function",
    ],
    [
      "returns an instance of a class",
      `() => { class User {} return { user: new User() }; }`,
      "artifact.unsupported",
      "user is an instance of User",
    ],
    ["returns no object", `() => [1, 2]`, "step.returned", "the step returned an array"],
    ["never settles", `() => new Promise(() => setInterval(() => {}, 1000))`, "Timeout", "timeout of 200ms"],
    ["calls process.exit", `() => process.exit(3)`, "WorkerDied", "exit code 3"],
    ["ends its process as if all were well", `() => process.exit(0)`, "WorkerDied", "exit code 0"],
    [
      "is killed",
      `() => { process.kill(process.pid, "SIGKILL"); return new Promise(() => {}); }`,
      "WorkerDied",
      "SIGKILL",
    ],
    [
      "crashes",
      `() => { process.kill(process.pid, "SIGSEGV"); return new Promise(() => {}); }`,
      "WorkerDied",
      "SIGSEGV",
    ],
    [
      "throws where nobody catches it",
      `() => new Promise(() => setTimeout(() => { throw new Error("late"); }, 5))`,
      "Error",
      "late",
    ],
  ])("that %s fails the run with the reason, and the program goes on to say so", async (_, handler, name, message) => {
    const { ended, finished, error } = await runFaulty(handler, `{ timeout: "200ms" }`);
    expect(ended.code).toBe(1);
    expect(finished).toMatchObject({ type: "run.finished", status: "failed", notRun: ["end"] });
    expect(error).toMatchObject({ name, step: "risky" });
    expect(error.message).toContain(message);
  });

  test("is told with the author's own file and line", async () => {
    const { error, place } = await runFaulty(
      `() => {\n    const x: number = 1;\n    throw new Error("here" + x);\n  }`,
    );
    expect(error.source).toBe(`${join(place.folder, "faulty.ts")}:6:11`);
  });

  test("that loops for ever without giving way is killed at its timeout", async () => {
    const { error } = await runFaulty(`() => { for (;;); }`, `{ timeout: "100ms" }`);
    expect(error).toMatchObject({ name: "Timeout" });
  });

  test("that runs out of memory is told so", async () => {
    const place = workspace({
      "greedy.ts": faulty(`() => { const all: unknown[] = []; for (;;) all.push(new Array(1e5).fill({ x: 1 })); }`),
    });
    const ended = await place.millrace(["run", "greedy.ts", "--json"], { NODE_OPTIONS: "--max-old-space-size=100" });
    expect(jsonLines(ended.stdout).at(-1)).toMatchObject({
      status: "failed",
      error: { name: "OutOfMemory", step: "risky" },
    });
  });

  test("leaves readable what ran before it", async () => {
    const { place } = await runFaulty(`() => process.exit(1)`);
    expect(await place.dump("Faulty/1/start")).toEqual([
      { pathspec: "Faulty/1/start/0", status: "succeeded", artifacts: { before: 1 } },
    ]);
  });

  test("gets a signal at its timeout, so that it can put things away", async () => {
    const { place, error } = await runFaulty(
      `(_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => { console.log("put away:", signal.reason.name); reject(signal.reason); }))`,
      `{ timeout: "100ms" }`,
    );
    expect(error.name).toBe("Timeout");
    expect((await place.millrace(["logs", "Faulty/1/risky/0"])).stdout).toContain("put away: TimeoutError");
  });

  test("is tried again in a new process when its own died", async () => {
    const { place, finished } = await runFaulty(
      `(_, { attempt }) => { if (attempt < 3) process.exit(9); return { attempt }; }`,
      "{ retry: 2 }",
    );
    expect(finished).toMatchObject({ status: "succeeded" });
    expect((await place.dump("Faulty/1/risky"))[0]!.artifacts).toMatchObject({ attempt: 3 });
  });

  test("is caught where it says so, even when its process died", async () => {
    const { place, finished } = await runFaulty(`() => process.exit(9)`, "{ catch: true }");
    expect(finished).toMatchObject({ status: "succeeded", tasks: { failed: 1 } });
    expect((await place.dump("Faulty/1/end"))[0]!.artifacts).toMatchObject({
      after: 2,
      failure: { name: "WorkerDied" },
    });
  });

  test("fails none of its siblings in a foreach, nor those that waited for its process", async () => {
    const place = workspace({
      "wide.ts": flowFile(`flow("Wide")
        .step("start", () => ({ list: Array.from({ length: 200 }, (_, i) => i) }))
        .foreach("list", { as: "x" }, (each) => each.step("work", ({ x }) => { if (x === 117) process.exit(1); return { y: x }; }))
        .join("end", () => {})`),
    });
    const { events } = await place.run("wide.ts");
    expect(events.at(-1)).toMatchObject({
      status: "failed",
      tasks: { succeeded: 200, failed: 1 },
      error: { step: "work", index: "117" },
    });
    expect((await place.dump("Wide/1/work")).filter(({ status }) => status === "succeeded")).toHaveLength(199);
  });
});

describe("what a step prints", () => {
  test("100 MB of it is stored whole", { timeout: 60_000 }, async () => {
    const place = workspace({
      "loud.ts": faulty(
        `() => { const line = "x".repeat(999) + "\\n"; for (let i = 0; i < 100_000; i++) process.stdout.write(line); }`,
      ),
    });
    const ended = await place.millrace(["run", "loud.ts", "--quiet"]);
    expect(ended.code).toBe(0);
    const { stdout } = await place.millrace(["logs", "Faulty/1/risky/0"]);
    expect(stdout.length).toBe(100_000_000);
  });

  test("half a line without a newline is told as a line", async () => {
    const { ended } = await runFaulty(`() => { process.stdout.write("half"); }`);
    expect(ended.events).toContainEqual(expect.objectContaining({ type: "task.output", step: "risky", text: "half" }));
  });

  test("bytes that are no text come back from the log as they went in", async () => {
    const { place } = await runFaulty(`() => { process.stdout.write(Buffer.from([0, 255, 128, 10, 27, 200])); }`);
    const child = place.start(["logs", "Faulty/1/risky/0"]);
    const bytes: Buffer[] = [];
    child.stdout!.on("data", (chunk: Buffer) => bytes.push(chunk));
    await child.finished;
    expect(Array.from(Buffer.concat(bytes))).toEqual([0, 255, 128, 10, 27, 200]);
  });

  test("a program that the step starts prints into the step's log as well", async () => {
    const { place } = await runFaulty(
      `async () => { const { execFileSync } = await import("node:child_process"); execFileSync("echo", ["from a child"], { stdio: "inherit" }); }`,
    );
    expect((await place.millrace(["logs", "Faulty/1/risky/0"])).stdout).toBe("from a child\n");
  });
});

describe("the shapes at their edges", () => {
  const foreachOver = (list: string) =>
    flowFile(`flow("Over")
      .step("start", () => ({ list: ${list} }))
      .foreach("list", { as: "x" }, (each) => each.step("work", ({ x }) => ({ y: x })))
      .join("join", (branches) => ({ count: branches.length, all: branches.pluck("y") }))`);

  test.each([
    ["nothing", "[] as number[]", 0],
    ["one element", "[7]", 1],
    ["two", "[7, 8]", 2],
    ["a Set", "new Set([1, 2, 3])", 3],
    ["10,000 elements", "Array.from({ length: 10_000 }, (_, i) => i)", 10_000],
  ])("a foreach over %s runs its join, with as many branches", async (_, list, width) => {
    const place = workspace({ "over.ts": foreachOver(list) });
    const { events } = await place.run("over.ts");
    expect(events.at(-1)).toMatchObject({ status: "succeeded" });
    const [join] = await place.dump("Over/1/join", "count", "all");
    expect(join!.artifacts["count"]).toBe(width);
    expect(join!.artifacts["all"]).toHaveLength(width);
  });

  test("a switch whose value has no case names the value and the cases", async () => {
    const place = workspace({
      "switch.ts": flowFile(`flow("Way")
        .step("start", () => ({ kind: JSON.parse('"xml"') as "csv" | "json" }))
        .switch("kind", { csv: (s) => s.step("csv", () => {}), json: (s) => s })`),
    });
    const { events } = await place.run("switch.ts");
    expect(events.at(-1)).toMatchObject({
      status: "failed",
      error: { step: "start", message: expect.stringContaining('no case for "xml"; it has "csv", "json"') },
    });
  });

  test("a loop that reaches its bound says so, and the flow goes on", async () => {
    const place = workspace({
      "loop.ts": flowFile(`flow("Round")
        .loop({ while: "more", max: 4 }, (l) => l.step("turn", (_, { index }) => ({ more: true, round: index[0] })))
        .step("end", ({ round, more }) => ({ last: round, stillMore: more }))`),
    });
    const { events } = await place.run("loop.ts");
    expect(events).toContainEqual(expect.objectContaining({ type: "loop.bound", loop: "more", max: 4 }));
    expect((await place.dump("Round/1/end"))[0]!.artifacts).toMatchObject({ last: 3, stillMore: true });
  });
});

describe("a run that is ended from outside", () => {
  const slow = flowFile(`flow("Slow")
    .step("start", () => ({ ready: true }))
    .step("wait", (_, { signal }) => new Promise<void>((resolve) => {
      console.log("waiting");
      const timer = setTimeout(resolve, 60_000);
      signal.addEventListener("abort", () => { console.log("told to stop"); clearTimeout(timer); resolve(); });
    }))`);

  async function untilWaiting(child: ReturnType<ReturnType<typeof workspace>["start"]>): Promise<void> {
    let seen = "";
    await new Promise<void>((resolve) =>
      child.stdout!.on("data", (chunk: Buffer) => {
        seen += chunk.toString();
        if (seen.includes("waiting")) resolve();
      }),
    );
  }

  test("Ctrl-C tells its tasks to stop, records it as stopped and exits with 130", async () => {
    const place = workspace({ "slow.ts": slow });
    const child = place.start(["run", "slow.ts"]);
    await untilWaiting(child);
    child.kill("SIGINT");
    expect((await child.finished).code).toBe(130);
    const { stdout } = await place.millrace(["runs", "Slow", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ status: "stopped" });
    expect((await place.millrace(["logs", "Slow/1/wait"])).stdout).toContain("told to stop");
  });

  test("after kill -9 it does not stay running, what finished is readable, and the next run starts at once", async () => {
    const place = workspace({ "slow.ts": slow });
    const child = place.start(["run", "slow.ts"]);
    await untilWaiting(child);
    child.kill("SIGKILL");
    await child.finished;
    const { stdout } = await place.millrace(["runs", "Slow", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ status: "failed" });
    expect(await place.dump("Slow/1/start")).toMatchObject([{ status: "succeeded", artifacts: { ready: true } }]);
    const again = place.start(["run", "slow.ts"]);
    await untilWaiting(again);
    again.kill("SIGINT");
    expect((await again.finished).stdout).toContain("run-id 2");
  });

  test("two runs of one flow that start at the same moment get numbers of their own", async () => {
    const place = workspace({ "two.ts": flowFile(`flow("Two").step("a", () => ({ pid: process.pid }))`) });
    const ended = await Promise.all(Array.from({ length: 4 }, () => place.run("two.ts")));
    expect(ended.map(({ events }) => events.at(-1)!["run"]).toSorted()).toEqual([1, 2, 3, 4]);
    const { stdout } = await place.millrace(["runs", "Two", "--json"]);
    expect(jsonLines(stdout)).toMatchObject([4, 3, 2, 1].map((run) => ({ run, status: "succeeded" })));
  });
});

describe("a store that cannot be written", () => {
  test.skipIf(process.getuid?.() === 0)(
    "read-only: it is named, with the hint, and the exit code is a user's mistake",
    async () => {
      const place = workspace({ "a.ts": flowFile(`flow("A").step("a", () => {})`) });
      chmodSync(place.folder, 0o555);
      const ended = await place.millrace(["run", "a.ts"]);
      chmodSync(place.folder, 0o755);
      expect(ended.code).toBe(2);
      expect(ended.stderr).toContain(".millrace");
    },
  );

  test("a home that is a file is told as such", async () => {
    const place = workspace({ "a.ts": flowFile(`flow("A").step("a", () => {})`), home: "not a folder" });
    const ended = await place.millrace(["run", "a.ts"], { MILLRACE_HOME: join(place.folder, "home") });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(join(place.folder, "home"));
    expect(ended.stderr).not.toContain("    at ");
  });
});
