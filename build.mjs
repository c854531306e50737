/** Builds dist/: the programs and the library by esbuild, the HTTP API's description, the type declarations by tsc. */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";

const root = import.meta.dirname;
rmSync(`${root}/dist`, { recursive: true, force: true });

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  sourcemap: "linked",
  sourcesContent: false,
  logLevel: "warning",
};

// The library: what its parts share stands in chunks, so that a program has one copy of it.
await build({
  ...common,
  entryPoints: {
    index: "sdk/index.ts",
    testing: "sdk/testing.ts",
    states: "sdk/states.ts",
    authoring: "sdk/bundled.ts",
  },
  outdir: "dist",
  splitting: true,
  packages: "external",
  chunkNames: "chunks/[name]-[hash]",
});

// The program's start, in CommonJS: neither Node's loader of modules nor its copies of the built-in ones are wanted for
// `--help` and `run`, and both take long.
const program = { ...common, outdir: "dist", external: ["libsql", "esbuild", "@aws-sdk/*"] };
const quick = {
  ...program,
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  define: { "import.meta.url": "importMetaUrl" },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
};
await build({ ...quick, entryPoints: { bin: "cli/bin.ts", worker: "runtime/worker/worker.ts" } });
// What `run` takes has a copy of everything, so that a start reads one file: 29 ms beyond Node's own start against 45 ms as modules
// (the least of 25 starts each, on a busy machine), before what V8 keeps of it (cli/compiled-code.ts) is counted.
await build({
  ...quick,
  entryPoints: { run: "cli/run-module.ts" },
  supported: { "dynamic-import": false },
  minifyWhitespace: true,
});

// The words of the command line; each command is one of the modules below.
const commands = {};
const commandsApart = {
  name: "commands apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/[a-z]+\.ts$/ }, ({ kind, path }) => {
      if (kind !== "dynamic-import") return undefined;
      const name = path.slice(2, -3);
      commands[`program/${name}`] = `cli/${name}.ts`;
      return { path: `./program/${name}.js`, external: true };
    });
  },
};
await build({ ...quick, entryPoints: { commands: "cli/main.ts" }, plugins: [commandsApart] });
// What several commands share stands in chunks.
await build({
  ...program,
  entryPoints: commands,
  splitting: true,
  chunkNames: "program/[name]-[hash]",
  // What CommonJS packages among them call.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
});

// libsql's JavaScript with its compiled file for glibc on x64 required at once, where libsql's own place finds it. What its
// loader would look up takes 12 ms of a start, the file itself 1.5 ms; load-libsql.ts says when this copy is taken.
const libsqlAtOnce = {
  name: "libsql at once",
  setup({ onResolve, onLoad }) {
    const given = {
      "@neon-rs/load": 'exports.currentTarget = () => "linux-x64-gnu";',
      "detect-libc": 'exports.familySync = () => "glibc"; exports.GLIBC = "glibc"; exports.MUSL = "musl";',
    };
    const filter = /^(@neon-rs\/load|detect-libc)$/;
    onResolve({ filter }, ({ path }) => ({ path, namespace: "given" }));
    onLoad({ filter: /./, namespace: "given" }, ({ path }) => ({ contents: given[path] }));
  },
};
await build({
  ...common,
  format: "cjs",
  sourcemap: false,
  entryPoints: ["libsql"],
  outfile: "dist/libsql.cjs",
  plugins: [libsqlAtOnce],
  banner: { js: 'require = require("node:module").createRequire(require.resolve("libsql"));' },
});

// Goes into every code package whole, to run where there is nothing but node.
await build({
  absWorkingDir: root,
  entryPoints: ["runtime/task-runtime.ts"],
  outfile: "dist/container.cjs",
  bundle: true,
  minify: true,
  format: "cjs",
  platform: "node",
  target: "node20.19",
  logLevel: "warning",
});

// The HTTP API's description, made of the schemas that it is held to.
const { outputFiles } = await build({
  ...common,
  entryPoints: ["functions/api/openapi.ts"],
  outdir: "dist",
  write: false,
  sourcemap: false,
});
const { openApi } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
);
const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
writeFileSync(`${root}/dist/openapi.json`, `${JSON.stringify(openApi(version), null, 2)}\n`);

const tsc = createRequire(import.meta.url)
  .resolve("typescript/package.json")
  .replace("package.json", "bin/tsc");
execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
