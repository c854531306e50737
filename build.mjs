/** Builds dist/: the programs and the library by esbuild, their type declarations by tsc. */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";

const root = import.meta.dirname;
rmSync(`${root}/dist`, { recursive: true, force: true });

await build({
  absWorkingDir: root,
  entryPoints: {
    bin: "cli/bin.ts",
    index: "sdk/index.ts",
    testing: "sdk/testing.ts",
    authoring: "sdk/bundled.ts",
    worker: "runtime/worker.ts",
  },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  packages: "external",
  sourcemap: "linked",
  sourcesContent: false,
  chunkNames: "chunks/[name]-[hash]",
  logLevel: "warning",
});

// Goes into every code package whole, to run where there is nothing but node.
await build({
  absWorkingDir: root,
  entryPoints: ["runtime/container.ts"],
  outfile: "dist/container.cjs",
  bundle: true,
  minify: true,
  format: "cjs",
  platform: "node",
  target: "node20.19",
  logLevel: "warning",
});

const tsc = createRequire(import.meta.url)
  .resolve("typescript/package.json")
  .replace("package.json", "bin/tsc");
execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
