/** What is deployed: how long it takes to pack, how large each function is, how soon the runner's code is there. */
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { folder, median, timeNode } from "../measure.mjs";
import { serviceFolder, sls } from "./service.mjs";

const MEBIBYTE = 2 ** 20;
const STARTS = 7;
const PACKAGES = 2;

export async function packageClaims() {
  const place = serviceFolder("package");
  // Whatever else the machine does only adds to it.
  const seconds = Math.min(...Array.from({ length: PACKAGES }, () => sls("package", place)));
  const packed = join(place, ".serverless");
  const zips = readdirSync(packed).filter((name) => name.endsWith(".zip"));
  const sizes = zips.map((name) => ({ name: name.replace(".zip", ""), bytes: statSync(join(packed, name)).size }));
  const largest = sizes.toSorted((a, b) => b.bytes - a.bytes);
  const starts = [];
  // What a flow's function has beside the flow's own code.
  const code = join(folder, "runner");
  mkdirSync(code);
  copyFileSync(join(import.meta.dirname, "../../dist/container.cjs"), join(code, "container.cjs"));
  for (let i = 0; i < STARTS; i++) starts.push(await untilLoaded(code));
  const bare = median(Array.from({ length: STARTS }, () => timeNode("-e", "0")));
  return [
    {
      name: "sls-package",
      claim: "sls package",
      bound: "under 15 s",
      value: seconds,
      measured: `${seconds.toFixed(1)} s`,
      holds: seconds < 15,
    },
    {
      name: "bundle-sizes",
      claim: "each function, zipped",
      bound: "under 1 MiB",
      value: largest[0].bytes,
      measured: largest.map(({ name, bytes }) => `${name} ${Math.round(bytes / 1024)} KiB`).join(", "),
      holds: largest[0].bytes < MEBIBYTE,
    },
    {
      name: "runner-start",
      claim: "a flow's function, a fresh process until its code is loaded",
      bound: "",
      value: median(starts),
      measured: `${Math.round(median(starts))} ms (node -e 0 ${Math.round(bare)} ms)`,
    },
  ];
}

/** Milliseconds until the account's host of functions says that the code is loaded. */
function untilLoaded(code) {
  const host = join(import.meta.dirname, "../../test/aws/account/lambda_host.mjs");
  const began = performance.now();
  const child = spawn(process.execPath, [host], {
    cwd: code,
    env: {
      ...process.env,
      _HANDLER: "container.handler",
      LAMBDA_TASK_ROOT: code,
      MILLRACE_ANSWERS: "3",
      MILLRACE_API: "http://127.0.0.1:9",
      AWS_REGION: "us-east-1",
    },
    stdio: ["pipe", "ignore", "inherit", "pipe"],
  });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the runner ended with ${code} before its code was loaded`)));
    child.stdio[3].once("data", () => {
      const milliseconds = performance.now() - began;
      child.removeAllListeners("exit");
      child.stdin.end();
      resolve(milliseconds);
    });
  });
}
