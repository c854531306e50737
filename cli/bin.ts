#!/usr/bin/env node
import nodeModule from "node:module";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`millrace needs Node 20.19 or newer; this is ${process.versions.node}\n`);
  process.exit(2);
}
// Newer Nodes can keep compiled code for the next start; those without it know no such function.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const args = process.argv.slice(2);
// A worker starts while the rest of this program is still being loaded.
if (args[0] === "run") (await import("../emulator/prewarm.ts")).prewarm(args.slice(1));
const { main } = await import("./main.ts");
process.exit(await main(args));
