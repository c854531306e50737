#!/usr/bin/env node
import nodeModule, { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { prewarm } from "../emulator/prewarm.ts";
import { enableCompileCache, type CompileCache } from "./compile-cache.ts";
import { loadCompiled, type Loaded } from "./compiled-code.ts";

type RunModule = typeof import("./run-module.ts");

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`millrace needs Node 20.19 or newer; this is ${process.versions.node}\n`);
  process.exit(2);
}
// Should nothing be left to wait for before the command's end, that was no success; 13 is Node's own code for it.
process.once("beforeExit", () => process.exit(13));
// Not before this file is through: a help text whose reader has gone would have its error printed before the exit.
void Promise.resolve(process.argv.slice(2))
  .then(start)
  .then((code) => process.exit(code));

/**
 * `millrace run FILE` alone, which people wait for most often, needs no reading of a command line; its worker starts while
 * the rest of the program is still on its way.
 */
async function start(args: readonly string[]): Promise<number> {
  const [command, target, ...more] = args;
  const home = command === "run" ? prewarm(args.slice(1)) : undefined;
  let loaded: Loaded<RunModule> | undefined;
  const loadRun = () => {
    const file = fileURLToPath(new URL("./run.cjs", import.meta.url));
    if (!home) return requireBeside("./run.cjs") as RunModule;
    return (loaded ??= loadCompiled<RunModule>(file, join(home, "compiled"))).exports;
  };
  const isBare = home !== undefined && target !== undefined && !target.startsWith("-") && more.length === 0;
  const code = isBare ? await runBare(target, loadRun()) : await runCommand(args, loadRun);
  loaded?.keep();
  return code;
}

async function runBare(target: string, { run, reportFailure }: RunModule): Promise<number> {
  try {
    return await run(target, {}, { rest: [], knownFlags: [] });
  } catch (error) {
    return reportFailure(error);
  }
}

async function runCommand(args: readonly string[], loadRun: () => RunModule): Promise<number> {
  enableCompileCache(nodeModule as CompileCache, process.env);
  return (requireBeside("./commands.cjs") as typeof import("./main.ts")).main(args, loadRun);
}

function requireBeside(file: string): unknown {
  return createRequire(import.meta.url)(file);
}
