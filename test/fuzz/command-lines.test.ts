import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makePlace, type Place } from "../cli-harness.ts";
import { fuzzed, fuzzTimeout, MOST_MEMORY } from "./inputs.ts";

const driver = join(import.meta.dirname, "command-lines.cjs");
const program = join(import.meta.dirname, "../../dist");

/** All but those that go on until they are stopped, or that ask an account. */
const command = fc.constantFrom(
  "run",
  "check",
  "runs",
  "show",
  "logs",
  "dump",
  "plan",
  "stop",
  "help",
  "--version",
  "-h",
);
const word = fc.oneof(
  fc.constantFrom(
    "flow.ts",
    "flow.ts#other",
    "none.ts",
    "Stats",
    "Stats/1",
    "Stats/1/start",
    "Stats/1/start/0",
    "Stats/9",
  ),
  fc.constantFrom(
    "--json",
    "--top",
    "--top=3",
    "--limit",
    "-1",
    "--status",
    "failed",
    "--tag",
    "--with",
    "local",
    "--help",
  ),
  fc.constantFrom(
    "--",
    "",
    "-",
    "--=",
    "--__proto__",
    "--constructor=1",
    "../../../etc/passwd",
    "/",
    "\u001b[2J",
    "Stats/1/../..",
  ),
  fc.string({ maxLength: 12 }),
  fc.json({ maxDepth: 3 }).map((json) => `--top=${json}`),
);
const line = fc.tuple(command, fc.array(word, { maxLength: 4 })).map(([first, rest]) => [first, ...rest]);

let place: Place;
beforeAll(async () => {
  place = makePlace();
  place.write({
    "flow.ts": `import { flow } from "millrace";
      export default flow("Stats", { params: { top: { "~standard": { version: 1, vendor: "x", validate: (value: unknown) => ({ value }) } } } })
        .step("start", () => ({ a: 1 }))
        .step("end", () => {});`,
  });
  await place.millrace("run", "flow.ts", "--top", "1");
});
afterAll(() => place.remove());

test("the flow that the command lines speak of was run", async () => {
  expect(await place.objects("runs", "--json")).toMatchObject([{ flow: "Stats", status: "succeeded" }]);
});

/** Command lines that run a flow cost a process each; they are so many at most. */
const PROCESSES = 20;

test(
  "fuzz: whatever the command line is, it is carried out or said to be a mistake, never a bug",
  { timeout: fuzzTimeout },
  () => {
    const lines = fc.sample(line, fuzzed).map((args) => args.map((arg) => Buffer.from(arg).toString()));
    const isRun = ([first, ...rest]: string[]) => first === "run" && rest.some((arg) => arg.startsWith("flow.ts"));
    const runs = lines.filter(isRun);
    const chosen = [...lines.filter((args) => !isRun(args)), ...runs.slice(0, PROCESSES)];
    const [given, answer] = [join(place.folder, "given.json"), join(place.folder, "answer.json")];
    place.write({ "given.json": JSON.stringify(chosen) });
    execFileSync(process.execPath, [driver, program, given, answer], {
      cwd: place.folder,
      env: place.env,
      stdio: "inherit",
    });
    const { codes, memory } = JSON.parse(readFileSync(answer, "utf8")) as {
      readonly codes: { readonly code: number; readonly said: string }[];
      readonly memory: number;
    };
    const wrong = chosen.flatMap((args, i) => ([0, 1, 2].includes(codes[i]!.code) ? [] : [{ args, ...codes[i]! }]));
    expect(wrong).toEqual([]);
    expect(codes.map(({ code }) => code)).toEqual(expect.arrayContaining([0, 2]));
    expect(memory).toBeLessThan(MOST_MEMORY);
  },
);
