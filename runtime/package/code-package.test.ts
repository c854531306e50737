import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MillraceError } from "../../graph/errors.ts";
import { buildCodePackage } from "./code-package.ts";

let folder: string;
let home: string;
const repository = join(import.meta.dirname, "../..");

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-code-")));
  home = join(folder, ".millrace");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes files given as path → text, long since as far as the cache can tell, and answers the first one's path. */
function write(files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    utimesSync(join(folder, path), 1_700_000_000, 1_700_000_000);
  }
  return join(folder, Object.keys(files)[0]!);
}

/** What the bundle's default export is in a process of its own. */
async function load(bundle: string): Promise<unknown> {
  const script = bundle.endsWith(".cjs")
    ? `import { createRequire } from "node:module"; console.log(JSON.stringify(createRequire(${JSON.stringify(bundle)})(${JSON.stringify(bundle)}).default))`
    : `console.log(JSON.stringify((await import(${JSON.stringify(pathToFileURL(bundle).href)})).default))`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  return JSON.parse(stdout);
}

const commonJsOf = (bundle: string) => bundle.replace(/\.mjs$/, ".cjs");

async function mistakeOf(work: Promise<unknown>): Promise<MillraceError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(MillraceError);
  return error as MillraceError;
}

describe("what a bundle holds", () => {
  test("the package is named by the SHA-256 of its bytes and lies in the store", async () => {
    const made = await buildCodePackage(write({ "flow.ts": "export default 1 as number;" }), {
      home,
    });
    expect(made.hash).toBe(createHash("sha256").update(readFileSync(made.bundle)).digest("hex"));
    expect(made.bundle).toBe(join(home, "code", made.hash, "flow.mjs"));
    expect(readFileSync(join(home, ".gitignore"), "utf8")).toBe("*\n");
  });

  test.each<[what: string, files: Record<string, string>, value: unknown]>([
    [
      "TypeScript of several files",
      {
        "flow.ts": `import { a } from "./part.ts"; export default a;`,
        "part.ts": "export const a: number = 2;",
      },
      2,
    ],
    ["top-level await", { "flow.ts": "export default await Promise.resolve(3);" }, 3],
    [
      "JSON imports with attributes",
      {
        "flow.ts": `import data from "./data.json" with { type: "json" }; export default data.n;`,
        "data.json": `{"n": 4}`,
      },
      4,
    ],
    [
      "text imports",
      {
        "flow.ts": `import text from "./query.sql"; export default text;`,
        "query.sql": "select 1",
      },
      "select 1",
    ],
    [
      "a CommonJS dependency that requires Node's modules",
      {
        "flow.ts": `import lib from "lib"; export default lib.join("a", "b");`,
        "node_modules/lib/index.js": `module.exports = { join: require("path").join };`,
      },
      "a/b",
    ],
    [
      "an author's own require and __dirname beside CommonJS code that wants them",
      {
        "flow.ts": `import { createRequire } from "node:module"; import lib from "lib"; const require = createRequire(import.meta.url); const __dirname = "mine"; export default [lib, typeof require, __dirname];`,
        "node_modules/lib/index.js": `module.exports = typeof __dirname + typeof require("os").EOL;`,
      },
      ["stringstring", "function", "mine"],
    ],
    [
      "import.meta.url as the bundle's own",
      { "flow.ts": `export default import.meta.url.endsWith("/flow.mjs");` },
      true,
    ],
    [
      "names of functions and classes",
      {
        "flow.ts": `class Model {} export default [Model.name, (() => { class Model {} return Model.name; })()];`,
      },
      ["Model", "Model"],
    ],
  ])("%s", async (_, files, value) => {
    const made = await buildCodePackage(write(files), { home });
    expect(await load(made.bundle)).toEqual(value);
  });

  test.each<[what: string, files: Record<string, string>, isThere: boolean]>([
    ["a module", { "flow.ts": "export default 1;" }, true],
    [
      "a module that imports others and Node's own",
      {
        "flow.ts": `import { a } from "./part.ts"; import fs, { existsSync } from "node:fs"; import { sep } from "node:path"; export default [a, sep, (() => typeof this)(), fs.existsSync === existsSync];`,
        "part.ts": "export const a = 1;",
      },
      true,
    ],
    [
      "a module that imports CommonJS code, which may ask where it is",
      {
        "flow.ts": `import lib from "lib"; export default lib;`,
        "node_modules/lib/index.js": `module.exports = require("os").EOL;`,
      },
      false,
    ],
    [
      "a module that breaks a rule of strict code when it runs",
      {
        "flow.ts": `export default strict();
      function strict() { return (function (this: unknown) { return this === undefined; })(); }`,
      },
      true,
    ],
    ["one that waits at its top level", { "flow.ts": "export default await Promise.resolve(1);" }, false],
    ["one that asks where it is", { "flow.ts": "export default import.meta.url.length;" }, false],
    ["one that asks what it is", { "flow.ts": `export default typeof module;` }, false],
    ["a file of CommonJS", { "flow.cjs": `module.exports = { a: 1 };` }, false],
    [
      "one with a package that no bundle can hold",
      {
        "flow.ts": `import addon from "addon"; export default addon;`,
        "node_modules/addon/package.json": `{"name":"addon","main":"index.js"}`,
        "node_modules/addon/index.js": `module.exports = 1;`,
        "node_modules/addon/binding.gyp": "{}",
      },
      false,
    ],
  ])("it is there as CommonJS too, and the same, where that can be told: %s", async (_, files, isThere) => {
    const made = await buildCodePackage(write(files), { home });
    const commonJs = commonJsOf(made.bundle);
    expect(existsSync(commonJs)).toBe(isThere);
    expect(await load(isThere ? commonJs : made.bundle)).toEqual(await load(made.bundle));
  });

  test("no stand-ins for CommonJS where nothing needs them", async () => {
    const made = await buildCodePackage(write({ "flow.ts": "export default 1;" }), { home });
    expect(readFileSync(made.bundle, "utf8")).not.toMatch(/createRequire|__dirname|fileURLToPath/);
  });

  test("zod", async () => {
    symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
    const made = await buildCodePackage(
      write({ "flow.ts": `import { z } from "zod"; export default z.coerce.number().parse("5");` }),
      { home },
    );
    expect(await load(made.bundle)).toBe(5);
  });

  test("a package with a compiled addon stays outside, is named, and is still found from a store elsewhere", async () => {
    const file = write({
      "flow.ts": `import addon from "@some/addon"; export default addon;`,
      "node_modules/@some/addon/index.js": `module.exports = "native";`,
      "node_modules/@some/addon/binding.gyp": "{}",
    });
    const elsewhere = mkdtempSync(join(tmpdir(), "millrace-home-"));
    const made = await buildCodePackage(file, { home: elsewhere });
    expect(made.externals).toEqual(["@some/addon"]);
    expect(readFileSync(made.bundle, "utf8")).toContain(`from "@some/addon"`);
    expect(await load(made.bundle)).toBe("native");
    rmSync(elsewhere, { recursive: true });
  });

  test("the same sources give the same bytes in another folder, another working directory and another store", async () => {
    const files = {
      "flow.ts": `import { a } from "./part.ts"; export default a;`,
      "part.ts": "export const a = 2;",
    };
    const first = await buildCodePackage(write(files), { home });
    folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-other-")));
    const second = await buildCodePackage(write(files), { home: join(folder, "deep", "store") });
    expect(second.hash).toBe(first.hash);
    rmSync(dirname(dirname(first.dir)), { recursive: true });
  });

  test.each([
    ["", `export const a = 1; throw new Error("x");`],
    ["with the line before that CommonJS code needs", `import "lib"; throw new Error("x");`],
  ])("its source map leads to the author's own file and line %s", async (_, line) => {
    const file = write({
      "flow.ts": `interface Gone {}\n\n${line}\n`,
      "node_modules/lib/index.js": `require("os");`,
    });
    const made = await buildCodePackage(file, { home });
    const bundles = line.includes("lib") ? [made.bundle] : [made.bundle, commonJsOf(made.bundle)];
    for (const bundle of bundles) {
      const code = readFileSync(bundle, "utf8").split("\n");
      expect(code.at(-2)).toBe(`//# sourceMappingURL=${basename(bundle)}.map`);
      const payload = JSON.parse(readFileSync(`${bundle}.map`, "utf8"));
      const at = code.findIndex((text) => text.includes("throw new Error"));
      const entry = new SourceMap(payload).findEntry(at, code[at]!.indexOf("throw"));
      expect(resolve(dirname(bundle), "originalSource" in entry ? entry.originalSource : "")).toBe(file);
      expect("originalLine" in entry && entry.originalLine).toBe(2);
      expect(payload.sourcesContent).toBeUndefined();
    }
  });
});

describe("an unchanged flow is not bundled again", () => {
  const files = {
    "flow.ts": `import { a } from "./part.ts"; export default a;`,
    "part.ts": "export const a = 2;",
  };

  test("as long as no input has changed", async () => {
    const first = await buildCodePackage(write(files), { home });
    const second = await buildCodePackage(join(folder, "flow.ts"), { home });
    expect([first.fresh, second.fresh]).toEqual([true, false]);
    expect({ ...second, fresh: true }).toEqual(first);
  });

  test("where only the times of the files differ", async () => {
    await buildCodePackage(write(files), { home });
    utimesSync(join(folder, "part.ts"), 1_800_000_000, 1_800_000_000);
    expect((await buildCodePackage(join(folder, "flow.ts"), { home })).fresh).toBe(false);
    expect((await buildCodePackage(join(folder, "flow.ts"), { home })).fresh).toBe(false);
  });

  test.each<[string, () => void]>([
    ["an imported file has changed", () => write({ "part.ts": "export const a = 33;" })],
    [
      "an imported file has changed in content alone",
      () => {
        write({ "part.ts": "export const a = 3;" });
        utimesSync(join(folder, "part.ts"), 1_800_000_000, 1_800_000_000);
      },
    ],
    [
      "the package is gone from the store",
      () =>
        readdirSync(join(home, "code")).forEach(
          (name) => name.length === 64 && rmSync(join(home, "code", name), { recursive: true }),
        ),
    ],
    [
      "the nearest tsconfig.json has changed",
      () => write({ "tsconfig.json": `{ "compilerOptions": { "target": "es2022", "strict": true } }` }),
    ],
  ])("but it is where %s", async (_, change) => {
    await buildCodePackage(write({ ...files, "tsconfig.json": `{}` }), { home });
    change();
    expect((await buildCodePackage(join(folder, "flow.ts"), { home })).fresh).toBe(true);
  });

  test("a file that changed while it was being bundled is not remembered", async () => {
    const file = write(files);
    const work = buildCodePackage(file, { home });
    utimesSync(file, new Date(), new Date(Date.now() + 1));
    await work;
    expect(readdirSync(join(home, "code")).filter((name) => name.endsWith(".json"))).toEqual([]);
  });

  test("two at once leave one whole package and nothing else", async () => {
    const file = write(files);
    const [a, b] = await Promise.all([buildCodePackage(file, { home }), buildCodePackage(file, { home })]);
    expect(a.hash).toBe(b.hash);
    const [entry, ...others] = readdirSync(join(home, "code")).filter((name) => name !== a.hash);
    expect(existsSync(join(home, "code", a.hash))).toBe(true);
    expect(entry).toMatch(/^[0-9a-f]{32}\.json$/);
    expect(others).toEqual([]);
    expect(await load(a.bundle)).toBe(2);
  });
});

describe("mistakes", () => {
  test.each([
    ["a file that does not exist", "flwo.ts", /^there is no file .*flwo\.ts$/, `Did you mean "flow.ts"?`],
    ["another extension", "flow.js", /^there is no file .*flow\.js$/, `Did you mean "flow.ts"?`],
    ["a folder", ".", /is a folder, not a flow file$/, /^Name a file in it, such as .*flow\.ts\.$/],
    ["a folder that does not exist", "nowhere/flow.ts", /^there is no file/, /^There is no folder .*nowhere\.$/],
  ])("%s", async (_, name, message, hint) => {
    write({ "flow.ts": "export default 1;" });
    const mistake = await mistakeOf(buildCodePackage(join(folder, name), { home }));
    expect(mistake).toMatchObject({
      code: "flow.missing",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
    expect(existsSync(home)).toBe(false);
  });

  test("a file that does not parse is told with its line and column, and the line itself", async () => {
    const mistake = await mistakeOf(
      buildCodePackage(write({ "flow.ts": "const a = 1;\nexport default a b;\n" }), { home }),
    );
    expect(mistake.code).toBe("flow.syntax");
    expect(mistake.message).toBe(`flow.ts does not parse: Expected ";" but found "b"`);
    expect(mistake.where.source).toMatch(/flow\.ts:2:18\n {4}export default a b;$/);
  });

  test.each([
    [
      "a package that is not installed",
      `import "left-pad/index.js";`,
      `the import "left-pad/index.js" is not found`,
      "npm install left-pad",
    ],
    ["a scoped package", `import "@a/b";`, `the import "@a/b" is not found`, "npm install @a/b"],
    ["a mistyped path", `import "./prat.ts";`, `the import "./prat.ts" is not found`, `Did you mean "part.ts"?`],
    [
      "a path that a package does not export",
      `import "closed/data.json";`,
      `the import "closed/data.json" is not found`,
      /^The package closed is installed but does not export that path/,
    ],
  ])("an import of %s", async (_, text, message, hint) => {
    const file = write({
      "flow.ts": text,
      "part.ts": "",
      "node_modules/closed/package.json": `{"exports":"./a.js"}`,
      "node_modules/closed/data.json": "{}",
    });
    const mistake = await mistakeOf(buildCodePackage(file, { home }));
    expect(mistake).toMatchObject({
      code: "flow.import",
      message,
      hint: expect.stringMatching(hint),
    });
    expect(mistake.where.source).toMatch(/flow\.ts:1:8\n/);
  });

  test("a store that cannot be written is told as such", async () => {
    write({ "flow.ts": "export default 1;" });
    writeFileSync(home, "a file in its place");
    const mistake = await mistakeOf(buildCodePackage(join(folder, "flow.ts"), { home }));
    expect(mistake).toMatchObject({
      code: "store.unwritable",
      hint: expect.stringContaining("MILLRACE_HOME"),
    });
  });

  test.skipIf(process.getuid?.() === 0)("a folder that may not be written is told as such", async () => {
    const file = write({ "flow.ts": "export default 1;" });
    chmodSync(folder, 0o555);
    const mistake = await mistakeOf(buildCodePackage(file, { home }));
    chmodSync(folder, 0o755);
    expect(mistake.code).toBe("store.unwritable");
  });
});
