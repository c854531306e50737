import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

const repository = join(import.meta.dirname, "..");
const folders = ["sdk", "statemachines", "functions", "runtime", "emulator", "cli", "examples", "bench", "test"];

/** What one file imports: a file of the repository by its path from the root, or a package by its name. */
interface Import {
  readonly from: string;
  readonly to: string;
  readonly typesOnly: boolean;
}

/** A stage is the files whose path begins so (the longest beginning counts); it may import itself and what is listed. */
interface Stage {
  readonly of: string;
  readonly may: readonly string[];
  /** These it may name as types only. */
  readonly mayName?: readonly string[];
}

const graph = ["sdk/graph/", "sdk/errors.ts", "sdk/units.ts"];
/** What a state machine and the tasks that it starts say to each other. */
const contract = ["contract", "control-item", "asked-next", "retries", "exit-codes"].map(
  (name) => `statemachines/${name}.ts`,
);
const callers = ["sdk/", "statemachines/", "functions/", "runtime/", "emulator/"];
const stages: readonly Stage[] = [
  ...graph.map((of) => ({ of, may: graph })),
  { of: "sdk/", may: [] },
  ...["sdk/run.ts", "sdk/testing.ts", "sdk/results.ts"].map((of) => ({ of, may: callers })),
  // The client of the HTTP API hands over code packages, which it makes as a run does.
  { of: "sdk/client/", may: callers },
  { of: "statemachines/", may: graph, mayName: ["functions/"] },
  { of: "functions/", may: [...graph, ...contract] },
  // What a container may have, where one waits for more.
  { of: "functions/batch/", may: [...graph, "functions/", "statemachines/"] },
  // Deploying a flow compiles it.
  { of: "functions/flows/", may: [...graph, "functions/", "statemachines/"] },
  // What a Lambda function is, put together.
  { of: "functions/handlers/", may: [...graph, "functions/", "statemachines/", "runtime/"] },
  { of: "runtime/", may: ["sdk/", "functions/", ...contract, "package.json"] },
  { of: "emulator/", may: callers },
  { of: "cli/", may: callers },
  { of: "examples/", may: ["node_modules/vega-datasets/"] },
];

const longest = (a: Stage, b: Stage) => b.of.length - a.of.length;
const ordered = stages.toSorted(longest);
const startsWith = (path: string) => (start: string) => path.startsWith(start);

/** The files that are called by what an account offers: only they know the AWS SDK. */
const adapter =
  /(^|\/)(aws|batch|cloudformation|cloudwatch|dynamodb|eventbridge|lambda|s3|secrets|sfn|step-functions|sts)[^/]*(\/[^/]*)?$/;

/** Why an import goes against the stages; undefined where it doesn't. */
function objection({ from, to, typesOnly }: Import): string | undefined {
  if (to.startsWith("@aws-sdk/") || to.startsWith("@smithy/")) {
    return adapter.test(from) ? undefined : `${from} is no adapter and imports ${to}`;
  }
  const stage = ordered.find(({ of }) => from.startsWith(of));
  if (!stage || !existsSync(join(repository, to))) return undefined;
  const allowed = [stage.of, ...stage.may, ...(typesOnly ? (stage.mayName ?? []) : [])];
  return allowed.some(startsWith(to)) ? undefined : `${from} imports ${to}`;
}

function filesOf(folder: string): string[] {
  if (!existsSync(join(repository, folder))) return [];
  return readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return /^(\.millrace|node_modules|__pycache__)$/.test(entry.name) ? [] : filesOf(path);
    return [path];
  });
}

const importing =
  /^\s*(?:import|export)\s+(type\s)?[^"';]*?from\s*"([^"]+)"|^\s*import\s+()"([^"]+)"|\bimport\(\s*()"([^"]+)"/gm;

function importsOf(from: string, text: string): Import[] {
  return [...text.matchAll(importing)].map((found) => {
    const name = found[2] ?? found[4] ?? found[6]!;
    const to = name.startsWith(".") ? normalize(join(dirname(from), name)) : name;
    return { from, to, typesOnly: found[1] !== undefined };
  });
}

const sources = folders.flatMap(filesOf).filter((file) => /\.(ts|mjs|py)$/.test(file));
/** Tests, and what only they use, may look at everything. */
const isForTests = (file: string) => /\.test(-d)?\.ts$|\/(conformance[^/]*|fixtures|arbitrary-graph)\.ts$/.test(file);
const imports = sources
  .filter((file) => file.endsWith(".ts") && !isForTests(file))
  .flatMap((file) => importsOf(file, readFileSync(join(repository, file), "utf8")));

describe("the stages", () => {
  test.each(stages.map(({ of }) => of))("%s imports only what stands before it", (of) => {
    const own = imports.filter(({ from }) => ordered.find((stage) => from.startsWith(stage.of))?.of === of);
    expect(own.map(objection).filter(Boolean)).toEqual([]);
  });

  test("only adapters know the AWS SDK", () => {
    const clients = imports.filter(({ to }) => to.startsWith("@aws-sdk/"));
    expect(clients.map(objection).filter(Boolean)).toEqual([]);
  });

  test("each import of the repository's own is of a file that is there", () => {
    const lost = imports.filter(({ to }) => folders.some((folder) => to.startsWith(`${folder}/`)));
    expect(lost.length).toBeGreaterThan(100);
    expect(lost.filter(({ to }) => !existsSync(join(repository, to)))).toEqual([]);
  });
});

describe("the test of the stages", () => {
  test.each([
    ["emulator/engine.ts", `import { main } from "../cli/main.ts";`],
    ["sdk/graph/check.ts", `import { flow } from "../flow/flow.ts";`],
    ["sdk/units.ts", `import { flow } from "./flow/flow.ts";`],
    ["sdk/flow/flow.ts", `const { execute } = await import("../../emulator/engine.ts");`],
    ["sdk/flow/flow.ts", `export { run } from "../run.ts";\nexport * from "../../runtime/artifacts.ts";`],
    ["statemachines/compile.ts", `import { openSqliteLedger } from "../functions/ledger/sqlite.ts";`],
    ["statemachines/compile.ts", `import type { RunEvent } from "../emulator/events.ts";`],
    ["functions/runs/create.ts", `import {\n  lineageOf,\n} from "../../runtime/task.ts";`],
    ["functions/runs/create.ts", `import { compile } from "../../statemachines/compile.ts";`],
    ["functions/tasks/start.ts", `import type { AttributeValue } from "@aws-sdk/client-dynamodb";`],
    ["runtime/worker.ts", `import "../emulator/engine.ts";`],
  ])("says no where %s has: %s", (from, text) => {
    expect(importsOf(from, text).map(objection).filter(Boolean)).toHaveLength(1);
  });

  test.each([
    ["functions/ledger/dynamodb.ts", `import { DynamoDBClient } from "@aws-sdk/client-dynamodb";`],
    ["statemachines/control.ts", `import type { Control } from "../functions/ledger/ledger.ts";`],
    ["functions/tasks/start.ts", `import { lineageOf } from "../../sdk/graph/lineage.ts";`],
  ])("says yes where %s has: %s", (from, text) => {
    expect(importsOf(from, text).map(objection)).toEqual([undefined]);
  });
});

/** Files that are longer, each with the reason. */
const long: Readonly<Record<string, string>> = {};

test("no source file is over 400 lines", () => {
  const lines = (file: string) => readFileSync(join(repository, file), "utf8").split("\n").length - 1;
  const over = sources.filter((file) => !(file in long) && lines(file) > 400);
  expect(over.map((file) => `${file}: ${lines(file)} lines`)).toEqual([]);
});
