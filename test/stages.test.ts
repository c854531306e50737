import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { repository, SOURCE_FOLDERS } from "./support/source-files.ts";

const folders = [...SOURCE_FOLDERS, "examples", "bench", "test"];

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
  /** These it may name as types only, for the reason given. */
  readonly mayName?: Readonly<Record<string, string>>;
}

/** Plain data about AWS, which the compiler and those who carry machines out share. */
const facts = ["statemachines/limits.ts", "statemachines/asl.ts"];
/** What a state machine and the tasks that it starts say to each other. */
const contract = "statemachines/contract/";
/** What everybody who calls AWS needs, with no SDK: what its errors mean, how a request is signed. */
const calls = ["aws/account-error.ts", "aws/signature.ts"];
const author = ["graph/", "sdk/language/"];
const kept = ["graph/", ...facts, contract, "aws/account-error.ts", "store/"];
/** Everything below the engine and the control plane. */
const ground = [...author, ...calls, ...facts, contract, "statemachines/", "store/", "aws/", "tasks/"];

/** From the ground up: a stage may import only stages above it in this list, so no two can import each other. */
const stages: readonly Stage[] = [
  { of: "graph/", may: [] },
  ...calls.map((of) => ({ of, may: ["graph/"] })),
  ...facts.map((of) => ({ of, may: ["graph/"] })),
  { of: contract, may: ["graph/", ...facts] },
  { of: "statemachines/", may: ["graph/", ...facts, contract] },
  { of: "store/", may: ["graph/", "aws/account-error.ts", contract] },
  { of: "aws/", may: ["graph/", ...calls, ...facts, contract, "statemachines/", "store/"] },
  { of: "tasks/", may: [...kept, "aws/"] },
  { of: "sdk/language/", may: ["graph/"] },
  { of: "sdk/authoring.ts", may: author },
  { of: "sdk/bundled.ts", may: [...author, "sdk/authoring.ts"] },
  { of: "functions/", may: [...ground] },
  {
    of: "runtime/",
    may: [...author, ...kept, "aws/signature.ts", "tasks/", "package.json"],
    mayName: { "functions/api/contract.ts": "a task asks the HTTP API, whose questions and answers are types there" },
  },
  { of: "engine/asl/", may: ["graph/", ...facts] },
  {
    of: "engine/",
    may: ["graph/", ...facts, contract, "statemachines/", "tasks/", "engine/asl/"],
    mayName: { "store/": "a world's ledger and blobs are handed to the engine, which names their ports" },
  },
  { of: "sdk/client/", may: [...ground, "runtime/", "functions/"] },
  { of: "emulator/", may: [...ground, "functions/", "runtime/", "engine/", "engine/asl/", "sdk/client/"] },
];

/** Where stages are put together to a program; nothing but another of these imports them. */
const roots = ["cli/", "functions/handlers/", "sdk/", "examples/"];

const longest = (a: Stage, b: Stage) => b.of.length - a.of.length;
const ordered: readonly Stage[] = [...stages, ...roots.map((of) => ({ of, may: [] }))].toSorted(longest);
const startsWith = (path: string) => (start: string) => path.startsWith(start);

/** Only these know the AWS SDK. */
const adapter = /^(aws|store\/.+\/(dynamodb|s3)|test|bench)\//;

/** Why an import goes against the stages; undefined where it doesn't. */
function objection({ from, to, typesOnly }: Import): string | undefined {
  if (to.startsWith("@aws-sdk/") || to.startsWith("@smithy/")) {
    return adapter.test(from) ? undefined : `${from} is no adapter and imports ${to}`;
  }
  const stage = ordered.find(({ of }) => from.startsWith(of));
  if (!stage || roots.includes(stage.of) || !existsSync(join(repository, to))) return undefined;
  const home = ordered.find(({ of }) => to.startsWith(of))?.of ?? to;
  const named = typesOnly && Object.keys(stage.mayName ?? {}).some(startsWith(to));
  return home === stage.of || stage.may.includes(home) || named ? undefined : `${from} imports ${to}`;
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

/** Files that import each other, in a circle, types included; each circle by its files. */
function circlesOf(all: readonly Import[]): string[][] {
  const next = new Map<string, Import[]>();
  for (const one of all) next.set(one.from, [...(next.get(one.from) ?? []), one]);
  const reached = (start: string) => {
    const seen = new Set<string>();
    const open = [start];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      for (const { to } of next.get(file) ?? []) {
        if (seen.has(to)) continue;
        seen.add(to);
        open.push(to);
      }
    }
    return seen;
  };
  const reach = new Map([...next.keys()].map((file) => [file, reached(file)]));
  const circle = (file: string) => [...reach.get(file)!].filter((other) => reach.get(other)?.has(file)).toSorted();
  const inCircles = [...reach.keys()].filter((file) => reach.get(file)!.has(file)).map(circle);
  return [...new Map(inCircles.map((files) => [files.join(), files])).values()];
}

describe("the stages", () => {
  test.each(stages.map(({ of }) => of))("%s imports only what stands before it", (of) => {
    const own = imports.filter(({ from }) => ordered.find((stage) => from.startsWith(stage.of))?.of === of);
    expect(own.map(objection).filter(Boolean)).toEqual([]);
  });

  test("the list allows no two stages to import each other", () => {
    const before = (of: string) =>
      stages
        .slice(
          0,
          stages.findIndex((stage) => stage.of === of),
        )
        .map((stage) => stage.of);
    const up = stages.flatMap(({ of, may }) =>
      may.filter((one) => one !== "package.json" && !before(of).includes(one)).map((one) => `${of} may import ${one}`),
    );
    expect(up).toEqual([]);
  });

  test("no files import each other in a circle, types included", () => {
    expect(circlesOf(imports)).toEqual([]);
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
    ["emulator/run.ts", `import { main } from "../cli/main.ts";`],
    ["engine/run-loop.ts", `import { localWorld } from "../emulator/local/world.ts";`],
    ["engine/run-loop.ts", `import { openSqliteLedger } from "../store/ledger/sqlite/sqlite-ledger.ts";`],
    ["emulator/account/world.ts", `import { BatchClient } from "@aws-sdk/client-batch";`],
    ["graph/check.ts", `import { flow } from "../sdk/language/flow.ts";`],
    ["graph/units.ts", `import { compile } from "../statemachines/compile.ts";`],
    ["sdk/language/flow.ts", `const { openStore } = await import("../../emulator/home.ts");`],
    ["sdk/language/flow.ts", `export * from "../../store/artifacts/pack.ts";`],
    ["statemachines/compile.ts", `import { openSqliteLedger } from "../store/ledger/sqlite/sqlite-ledger.ts";`],
    ["statemachines/compile.ts", `import type { Run } from "../store/ledger/ledger.ts";`],
    ["tasks/start.ts", `import {\n  runTask,\n} from "../runtime/task.ts";`],
    ["functions/runs/read.ts", `import { unpackArchive } from "../../runtime/package/code-archive.ts";`],
    ["runtime/task-client.ts", `import { openApi } from "../functions/api/openapi.ts";`],
    ["tasks/start.ts", `import type { AttributeValue } from "@aws-sdk/client-dynamodb";`],
    ["engine/asl/interpreter.ts", `import { compile } from "../../statemachines/compile.ts";`],
    ["runtime/worker/worker.ts", `import "../../emulator/home.ts";`],
  ])("says no where %s has: %s", (from, text) => {
    expect(importsOf(from, text).map(objection).filter(Boolean)).toHaveLength(1);
  });

  test.each([
    ["store/ledger/dynamodb/table.ts", `import { DynamoDBClient } from "@aws-sdk/client-dynamodb";`],
    ["runtime/task-client.ts", `import type { Answers } from "../functions/api/contract.ts";`],
    ["tasks/start.ts", `import { lineageOf } from "../graph/lineage.ts";`],
    ["cli/run.ts", `import { openStore } from "../emulator/home.ts";`],
  ])("says yes where %s has: %s", (from, text) => {
    expect(importsOf(from, text).map(objection)).toEqual([undefined]);
  });

  test("finds a circle, whatever its length", () => {
    const arrow = (from: string, to: string) => ({ from, to, typesOnly: true });
    expect(circlesOf([arrow("a", "b"), arrow("b", "c"), arrow("c", "a"), arrow("c", "d")])).toEqual([["a", "b", "c"]]);
  });
});

/** Files that are longer, each with the reason. */
const long: Readonly<Record<string, string>> = {
  "graph/error-codes.ts": "a table, of which nobody reads more than an entry",
};

test("no source file is over 400 lines", () => {
  const lines = (file: string) => readFileSync(join(repository, file), "utf8").split("\n").length - 1;
  const over = sources.filter((file) => !(file in long) && lines(file) > 400);
  expect(over.map((file) => `${file}: ${lines(file)} lines`)).toEqual([]);
});
