import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const execute = promisify(execFile);
const repository = join(import.meta.dirname, "..");
const tsc = createRequire(import.meta.url)
  .resolve("typescript/package.json")
  .replace("package.json", "bin/tsc");

/** A project of someone who installed the package: its own folder, the packed files, and what they depend on. */
let project: string;
let packed: { readonly files: readonly { readonly path: string }[]; readonly unpackedSize: number };

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "millrace-package-"));
  // Without its scripts: other tests run what is built at the same moment.
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", project];
  const told = JSON.parse((await execute("npm", pack, { cwd: repository })).stdout) as object;
  const [tarball] = Object.values(told) as [typeof packed & { readonly filename: string }];
  packed = tarball;

  const installed = join(project, "node_modules", "millrace");
  mkdirSync(installed, { recursive: true });
  await execute("tar", ["-xzf", join(project, tarball.filename), "-C", installed, "--strip-components=1"]);
  // Only what the package says that it depends on, and what its reader's program does.
  for (const name of [...Object.keys(manifest().dependencies), "zod", "@types/node"]) {
    mkdirSync(dirname(join(project, "node_modules", name)), { recursive: true });
    symlinkSync(join(repository, "node_modules", name), join(project, "node_modules", name));
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
}, 120_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

const files = {
  "package.json": JSON.stringify({ type: "module", private: true }),
  "squares.ts": `
    import { flow } from "millrace";
    import { z } from "zod";
    export default flow("Squares", { params: { top: z.number().int().default(3) } })
      .step("start", ({ top }) => ({ numbers: Array.from({ length: top }, (_, i) => i) }))
      .step("end", ({ numbers }) => { console.log("sum", numbers.reduce((a, n) => a + n * n, 0)); return { squared: numbers.map((n) => n * n) }; });`,
  "program.mjs": `
    import { run } from "millrace";
    import { flow } from "millrace";
    import { testFlow } from "millrace/testing";
    import { execute } from "millrace/states";
    const ran = await run("squares.ts", { top: 4 });
    const small = flow("Small").step("only", () => ({ answer: 42 }));
    const tested = await testFlow(small);
    const machine = { StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 86400, End: true } } };
    const { status } = await execute(machine);
    console.log(JSON.stringify([ran.status, ran.artifacts("end").squared, tested.artifacts("only").answer, status]));`,
  "typed.ts": `
    import { run, type RunEvent } from "millrace";
    import { testFlow } from "millrace/testing";
    import { execute, machineOf, type HistoryEvent } from "millrace/states";
    import squares from "./squares.js";
    const events: RunEvent[] = [];
    const ran = await run(squares, { top: 4 }, { onEvent: (event) => events.push(event) });
    export const squared: number[] = ran.artifacts("end").squared;
    export const numbers: number[] = (await testFlow(squares)).artifacts("start").numbers;
    const machine = machineOf({ Resources: {} }, { logicalId: "Orders" });
    const execution = await execute(machine, { states: { Charge: ({ amount }, { retries }) => ({ amount, retries }) } });
    export const history: readonly HistoryEvent[] = execution.history;
    // @ts-expect-error a fake of no state
    await execute(machine, { states: [] });
    // @ts-expect-error there is no such step
    ran.artifacts("middle");
    // @ts-expect-error a parameter of the wrong type
    await run(squares, { top: "four" });`,
};

function manifest(): { dependencies: Record<string, string>; bin: { millrace: string } } {
  return JSON.parse(readFileSync(join(project, "node_modules", "millrace", "package.json"), "utf8"));
}

async function node(...args: string[]): Promise<string> {
  const { MILLRACE_HOME: _, ...env } = process.env;
  return (await execute(process.execPath, args, { cwd: project, env })).stdout;
}

const millrace = (...args: string[]) => node(join("node_modules", "millrace", manifest().bin.millrace), ...args);

test("the package holds the built program, its types and what a reader needs, and nothing else", () => {
  const paths = packed.files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      "LICENSE",
      "README.md",
      "CHANGELOG.md",
      "dist/bin.cjs",
      "dist/index.js",
      "dist/openapi.json",
    ]),
  );
  expect(paths.filter((path) => !/^(dist\/|package\.json$|LICENSE$|README\.md$|CHANGELOG\.md$)/.test(path))).toEqual(
    [],
  );
  expect(paths.filter((path) => /\.test\.|fixtures|conformance/.test(path))).toEqual([]);
});

test.each(["bin.cjs", "run.cjs", "worker.cjs", "container.cjs", "index.js"])(
  "what runs start with has nothing of the HTTP API's server in it: %s",
  (file) => {
    const text = readFileSync(join(project, "node_modules", "millrace", "dist", file), "utf8");
    expect(text).not.toMatch(/node_modules\/(hono|zod)\/|_zod\b|HonoRequest/);
  },
);

test("the installed command helps", async () => {
  expect(await millrace("--help")).toContain("Usage: millrace");
});

test("the installed command runs a flow and reads it back", async () => {
  expect(await millrace("run", "squares.ts", "--top", "5")).toContain("] sum 30\n");
  expect(await millrace("dump", "Squares/1/end", "squared")).toContain("[ 0, 1, 4, 9, 16 ]");
});

test("where the compiled file that is loaded at once cannot be, the command goes by libsql's own loader", async () => {
  const atOnce = join(project, "node_modules", "millrace", "dist", "libsql.cjs");
  const built = readFileSync(atOnce, "utf8");
  expect(built).toContain("linux-x64-gnu");
  writeFileSync(atOnce, built.replace("linux-x64-gnu", "linux-x64-elsewhere"));
  expect(await millrace("run", "squares.ts", "--top", "4")).toContain("] sum 14\n");
  writeFileSync(atOnce, built);
});

test("a program imports millrace, millrace/testing and millrace/states", async () => {
  expect(JSON.parse(await node("program.mjs"))).toEqual(["succeeded", [0, 1, 4, 9], 42, "SUCCEEDED"]);
});

test("the types resolve, without leaving any declaration unchecked", { timeout: 120_000 }, async () => {
  const settings =
    "--ignoreConfig --noEmit --strict --skipLibCheck false --target es2023 --lib es2023 --module nodenext --types node";
  expect(await node(tsc, ...settings.split(" "), "typed.ts")).toBe("");
});
