import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flowFile, makePlace, type Place } from "./cli-harness.ts";

let place: Place;
beforeAll(() => {
  place = makePlace();
  place.write({
    "stats.ts": flowFile(
      "Stats",
      `
      .step("start", ({ top }) => { console.log("top is", top); return { numbers: [1, 2, 3], big: "x".repeat(5000), when: new Date(0) }; })
      .foreach("numbers", { as: "n" }, (each) => each.step("square", ({ n }) => { console.log("n =", n); return { squared: n * n }; }))
      .join("sum", (branches) => ({ sum: branches.pluck("squared").reduce((a, b) => a + b, 0) }))
      .step("end", ({ sum }) => { console.log("sum", sum); })`,
      `{ description: "Sums squares.", params: { top: z.number().default(5).describe("how many"), maxDepth: z.number().optional() } }`,
    ),
    "broken.ts": flowFile(
      "Broken",
      `.step("start", () => ({ a: 1 })).step("bad", () => {\n  throw new TypeError("no good");\n}).step("end", () => {})`,
    ),
    "two.ts": `import { flow } from "millrace";\nexport const first = flow("First").step("a", () => {});\nexport const second = flow("Second").step("b", () => {});\n`,
    "mistaken.ts": flowFile("Mistaken", `.step("start", { memory: "4 gigs", timeout: "soon" } as object, () => {})`),
  });
});
afterAll(() => place.remove());

describe("a run on a pipe", () => {
  test("tells each task by its place and process", async () => {
    const { stdout, code } = await place.millrace("run", "stats.ts", "--max-workers", "1");
    const lines = stdout
      .replaceAll(/pid \d+/g, "pid N")
      .trimEnd()
      .split("\n");
    expect(lines).toEqual([
      expect.stringMatching(/^Workflow starting \(run-id \d+\):$/),
      ...["start/0|top is 5", "square/0|n = 1", "square/1|n = 2", "square/2|n = 3", "sum/0|", "end/0|sum 14"].flatMap(
        (text) => {
          const [task, line] = text.split("|");
          const said = ["Task is starting.", ...(line ? [line] : []), "Task finished successfully."];
          return said.map((one) => expect.stringMatching(new RegExp(`^\\[\\d+/${task} \\(pid N\\)\\] ${one}$`)));
        },
      ),
      "Done!",
    ]);
    expect(code).toBe(0);
  });

  test("ids count up from 1 for each flow", async () => {
    const ids: unknown[] = [];
    for (const target of ["two.ts#first", "two.ts#first", "two.ts#second"])
      ids.push((await place.objects("run", target, "--json")).at(-1)!["run"]);
    expect(ids).toEqual([1, 2, 1]);
  });

  test("as JSON ends with how the run went", async () => {
    const events = await place.objects("run", "stats.ts", "--json", "--tag", "nightly", "--tag", "b");
    expect(events[0]).toMatchObject({ type: "run.started", flow: "Stats", tags: ["nightly", "b"] });
    expect(events.at(-1)).toMatchObject({
      type: "run.finished",
      flow: "Stats",
      status: "succeeded",
      tasks: { succeeded: 6, failed: 0, stopped: 0 },
    });
  });

  test("says nothing with --quiet", async () => {
    expect(await place.millrace("run", "stats.ts", "--quiet")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("that fails says which task, where in the author's file, what ran and what did not, and how to see the log", async () => {
    const { code, stderr, stdout } = await place.millrace("run", "broken.ts");
    expect(code).toBe(1);
    expect(stdout).toContain("Task failed: TypeError: no good");
    expect(stderr).toMatch(/Task Broken\/1\/bad\/0: TypeError: no good\n +at .*broken\.ts:4:9\n/);
    expect(stderr).toMatch(/Ran: +start, bad \(failed\)\n +Not run: end\n/);
    expect(stderr).toContain("millrace logs Broken/1/bad/0");
  });

  test("goes on to its end though nobody reads what it says", async () => {
    const { child, ended } = place.start("run", "two.ts#second");
    child.stdout!.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
    expect((await place.objects("runs", "Second", "--json"))[0]).toMatchObject({
      status: "succeeded",
    });
  });
});

describe("parameters", () => {
  test.each([
    ["--top", "7"],
    ["--top=7", "--max-depth", "3"],
  ])("given as flags reach the flow: %s", async (...flags) => {
    const { stdout } = await place.millrace("run", "stats.ts", ...flags);
    expect(stdout).toContain("top is 7");
  });

  test("are listed by run FILE --help, with types, defaults and descriptions", async () => {
    const { stdout, code } = await place.millrace("run", "stats.ts", "--help");
    expect(stdout).toMatch(/--top <number> +how many \(default: 5\)/);
    expect(stdout).toContain("--max-workers");
    expect(code).toBe(0);
  });

  test.each([
    ["a mistyped one", ["--tpo", "5"], /--tpo[^]*Did you mean "--top"\?/],
    ["a mistyped flag", ["--quite"], /--quite[^]*Did you mean "--quiet"\?/],
    ["one of the wrong type", ["--top", "many"], /parameter top/],
    ["a value too many", ["--top", "5", "6"], /"6" belongs to no flag/],
    ["a number of workers that is none", ["--max-workers", "few"], /--max-workers[^]*whole number/],
  ])("%s is the user's mistake", async (_, flags, message) => {
    const { code, stderr, stdout } = await place.millrace("run", "stats.ts", ...flags);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("    at ");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  test("one that is missing is the user's mistake", async () => {
    place.write({
      "needs.ts": flowFile("Needs", `.step("start", () => {})`, `{ params: { who: z.string() } }`),
    });
    expect(await place.millrace("run", "needs.ts")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("who"),
    });
  });
});

describe("flow files", () => {
  test.each([
    ["that does not exist", "statz.ts", {}, /there is no file statz\.ts\n +Did you mean "stats\.ts"\?/],
    [
      "that does not parse",
      "parse.ts",
      { "parse.ts": "const a = 1;\nexport default a b;\n" },
      /parse\.ts does not parse: .*\n +parse\.ts:2:18\n +export default a b;/,
    ],
    [
      "that throws on import",
      "throws.ts",
      { "throws.ts": `import "millrace";\nthrow new RangeError("not today");\n` },
      /RangeError[^]*not today[^]*throws\.ts:2:7/,
    ],
    ["that exports no flow", "none.ts", { "none.ts": "export const a = 1;\n" }, /exports no flow/],
    ["without a default export", "two.ts", {}, /two\.ts#first/],
    ["without that export", "two.ts#thrid", {}, /thrid/],
    [
      "with a default export alone",
      "one.ts#other",
      { "one.ts": `import { flow } from "millrace";\nexport default flow("One").step("a", () => ({}));\n` },
      /exports no flow by the name other[^]*Leave out #other/,
    ],
    [
      "whose package is not installed",
      "needs-pad.ts",
      { "needs-pad.ts": `import "left-pad-of-nobody";\n` },
      /npm install left-pad-of-nobody/,
    ],
    ["with mistakes in its graph", "mistaken.ts", {}, /4 gigs[^]*soon/],
  ])("a file %s is the user's mistake, told without a stack", async (_, target, files, message) => {
    place.write(files);
    const { code, stderr, stdout } = await place.millrace("run", target);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at .*:\d+:\d+\)?\n.*\n {4}at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  test("with --json it is told to a program as a line of JSON, with its code", async () => {
    const { code, stderr } = await place.millrace("run", "mistaken.ts", "--json");
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({
      code: "graph.invalid",
      message: expect.stringContaining("step start: "),
    });
    const unknown = await place.millrace("runs", "Nowhere", "--json");
    expect(JSON.parse(unknown.stderr)).toMatchObject({
      message: expect.stringContaining("Nowhere"),
      code: expect.stringMatching(/^(flow\.unknown|store\.missing)$/),
    });
  });

  test("check finds all mistakes at once", async () => {
    const mistakes = await place.objects("check", "mistaken.ts", "--json");
    expect(mistakes.map((mistake) => mistake["where"].step)).toEqual(["start", "start"]);
    expect(await place.millrace("check", "mistaken.ts")).toMatchObject({ code: 2, stdout: "" });
    expect(await place.millrace("check", "stats.ts")).toMatchObject({
      code: 0,
      stdout: "Stats: 4 steps, no mistakes.\n",
    });
  });

  test.each([
    [[], /^Stats: Sums squares\.[^]*├─ foreach n of numbers\n│ {2}└─ square\n├─ join sum\n└─ end\n$/],
    [["--mermaid"], /^flowchart TD\n/],
    [["--asl"], /"StartAt"/],
    [["--json"], /^\{"version":1,"name":"Stats".*\}\n$/],
  ])("show %j prints the graph", async (flags, output) => {
    const { stdout, code } = await place.millrace("show", "stats.ts", ...flags);
    expect(stdout).toMatch(output);
    expect(code).toBe(0);
  });
});

describe("reading runs back", () => {
  beforeAll(async () => {
    place.write({
      "read.ts": flowFile(
        "Read",
        `
      .step("start", () => { console.log("hello"); return { numbers: [1, 2], big: "x".repeat(5000), odd: new Map([["a", 1n]]), when: new Date(0), none: undefined }; })
      .foreach("numbers", { as: "n" }, (each) => each.step("square", { retry: 1 }, ({ n }, { attempt }) => { console.log("attempt", attempt); if (attempt === 1) throw new Error("once"); return { squared: n * n }; }))
      .join("sum", () => {})`,
      ),
    });
    await place.millrace("run", "read.ts", "--tag", "first");
    await place.millrace("run", "read.ts");
  });

  test("runs lists them, newest first, filtered by tag and status", async () => {
    const names = async (...args: string[]) =>
      (await place.objects("runs", ...args, "--json")).map(({ pathspec, status }) => `${pathspec} ${status}`);
    expect(await names("Read")).toEqual(["Read/2 succeeded", "Read/1 succeeded"]);
    expect(await names("Read", "--limit", "1")).toEqual(["Read/2 succeeded"]);
    expect(await names("Read", "--tag", "first")).toEqual(["Read/1 succeeded"]);
    expect((await place.millrace("runs", "Read", "--status", "failed")).stdout).toBe("No run is like that.\n");
  });

  test("runs without a flow lists the flows", async () => {
    expect((await place.millrace("runs")).stdout).toMatch(/Read\/2 +succeeded/);
  });

  test("dump prints every artifact, large ones by size", async () => {
    const { stdout } = await place.millrace("dump", "Read/1/start/0");
    expect(stdout).toMatch(/^Read\/1\/start\/0 {2}succeeded\n/);
    expect(stdout).toMatch(/ numbers +\[ 1, 2 \]\n/);
    expect(stdout).toMatch(/ big +\(4\.9 KiB; name it to see it\)\n/);
  });

  test("dump prints what it is asked for by name whole", async () => {
    expect((await place.millrace("dump", "Read/1/start", "big")).stdout).toContain("x".repeat(5000));
  });

  test("dump --json is an object a task, with what JSON lacks", async () => {
    const [task, ...more] = await place.objects("dump", "Read/1/start", "--json");
    expect(more).toEqual([]);
    expect(task).toEqual({
      pathspec: "Read/1/start/0",
      status: "succeeded",
      artifacts: {
        numbers: [1, 2],
        big: { $type: "large", size: expect.any(Number) },
        odd: { $type: "Map", value: [["a", { $type: "bigint", value: "1" }]] },
        when: { $type: "Date", value: "1970-01-01T00:00:00.000Z" },
        none: { $type: "undefined", value: null },
      },
    });
  });

  test("dump of a run has its tasks in order", async () => {
    const tasks = await place.objects("dump", "Read", "--json");
    expect(tasks.map((task) => task["pathspec"])).toEqual([
      "Read/2/start/0",
      "Read/2/square/0",
      "Read/2/square/1",
      "Read/2/sum/0",
    ]);
  });

  test("logs prints one task's output as it was, several tasks' with their places", async () => {
    expect((await place.millrace("logs", "Read/1/start/0")).stdout).toBe("hello\n");
    expect((await place.millrace("logs", "Read/1")).stdout).toBe(
      "[1/start/0] hello\n[1/square/0] attempt 2\n[1/square/1] attempt 2\n",
    );
    expect((await place.millrace("logs", "Read/1/square/1", "--attempt", "1")).stdout).toBe("attempt 1\n");
    expect(await place.objects("logs", "Read/1/square/1", "--json")).toEqual([
      { pathspec: "Read/1/square/1", attempt: 2, text: "attempt 2" },
    ]);
  });

  test.each([
    [["runs", "Raed"], /no flow named "Raed"[^]*Did you mean "Read"\?/],
    [["dump", "Read/7"], /no run 7[^]*1 to 2/],
    [["dump", "Read/1/strat"], /Did you mean "start"\?/],
    [["dump", "Read/1/start", "bgi"], /Did you mean "big"\?/],
    [["logs", "Read/1/square/5"], /no task 5/],
    [["logs", "Read/1/square/1", "--attempt", "9"], /no attempt 9/],
    [["logs", "Read/x"], /not a pathspec/],
  ])("%j is the user's mistake, told with what there is", async (args, message) => {
    expect(await place.millrace(...args)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(message),
    });
  });

  test("a reader that stops reading ends the command quietly", async () => {
    const child = spawn(
      "sh",
      ["-c", `"$0" "$1" dump Read | head -1`, process.execPath, join(import.meta.dirname, "..", "dist", "bin.cjs")],
      { cwd: place.folder },
    );
    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += chunk));
    await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("");
  });

  test("works from a folder below, and from the one above", async () => {
    mkdirSync(join(place.folder, "below"), { recursive: true });
    const { stdout } = await place.millrace("runs", "Read");
    const child = spawn(process.execPath, [join(import.meta.dirname, "..", "dist", "bin.cjs"), "runs", "Read"], {
      cwd: join(place.folder, "below"),
    });
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    await new Promise((resolve) => child.on("close", resolve));
    expect(text).toBe(stdout);
  });
});

describe("the command line itself", () => {
  test.each([
    [["--help"]],
    [["help", "run"]],
    [["run", "--help"]],
    [["run", "--help", "stats.ts"]],
    [["show", "--help"]],
    [[]],
  ])("%j helps", async (args) => {
    expect(await place.millrace(...args)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Usage: millrace"),
      stderr: "",
    });
  });

  test.each([
    [["rnu", "stats.ts"], /unknown command 'rnu'[^]*Did you mean run\?/],
    [["show", "stats.ts", "--mermiad"], /unknown option '--mermiad'[^]*Did you mean --mermaid\?/],
    [["run"], /missing required argument 'file'/],
    [["runs", "--status", "done"], /Allowed choices are running, succeeded, failed, stopped/],
  ])("%j suggests what is right", async (args, message) => {
    expect(await place.millrace(...args)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(message),
    });
  });
});
