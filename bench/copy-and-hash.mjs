/** Copies a file with cp, reads the copy and takes its SHA-256; prints how many milliseconds that took. */
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const [source, copy] = process.argv.slice(2);
const began = performance.now();
spawnSync("cp", [source, copy]);
createHash("sha256").update(readFileSync(copy)).digest("hex");
console.log(performance.now() - began);
