#!/usr/bin/env node
import nodeModule, { createRequire } from "node:module";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`millrace needs Node 20.19 or newer; this is ${process.versions.node}\n`);
  process.exit(2);
}
// Newer Nodes can keep compiled code for the next start; those without it know no such function.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const args = process.argv.slice(2);
const { main } = args[0] === "run" ? loadRun() : await import("./main.ts");
process.exit(await main(args));

/**
 * What `millrace run` takes, each as one file of CommonJS, which Node has loaded in half the time that modules take; a worker
 * starts while the rest of the program is still on its way.
 */
function loadRun(): typeof import("./main.ts") {
  const require = createRequire(import.meta.url);
  (require("./prewarm.cjs") as typeof import("../emulator/prewarm.ts")).prewarm(args.slice(1));
  return require("./program.cjs") as typeof import("./main.ts");
}
