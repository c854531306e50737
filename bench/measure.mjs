/** How the benchmarks measure: commands from shell to shell, pairs in the same minutes, and memory from outside. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = join(import.meta.dirname, "..", "dist", "bin.cjs");

/** The folder of a bench flow, or of one of its named exports: "foreach.ts#nested". */
export const flowFile = (name) => join(import.meta.dirname, "flows", name);

/** Everything that is written goes here, stores included; it is gone when the program ends. */
export const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

// Where it is set Node reads all root certificates at every start, 37 ms that both sides of a ratio would have and that most
// people's machines don't take.
delete process.env.NODE_EXTRA_CA_CERTS;

const env = { ...process.env, MILLRACE_HOME: join(folder, "home") };

/** Milliseconds that `node …args` takes. Throws where it fails. */
export function timeNode(...args) {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const milliseconds = performance.now() - began;
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  return milliseconds;
}

/** What `node …args` prints. */
export function nodeOutput(...args) {
  return execFileSync(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] }).toString();
}

/** Milliseconds that a command of millrace takes. */
export const timeMillrace = (...args) => timeNode(bin, ...args);

/** The objects that a command of millrace prints. */
export function linesOf(...args) {
  const { stdout } = spawnSync(process.execPath, [bin, ...args], { env, maxBuffer: 2 ** 30 });
  return parseLines(stdout.toString());
}

/**
 * Runs a flow and answers the events that it told, which go to a file meanwhile so that nobody's reading takes a
 * processor from it, and the peak of the main process's resident memory in bytes (undefined where there is no /proc).
 */
export async function runFlow(target, ...args) {
  const file = join(folder, "events.jsonl");
  const out = openSync(file, "w");
  const child = spawn(process.execPath, [bin, "run", target, "--json", ...args], {
    env,
    stdio: ["ignore", out, "inherit"],
  });
  closeSync(out);
  let peakBytes;
  const watch = setInterval(() => (peakBytes = peakOf(child.pid) ?? peakBytes), 10);
  const code = await new Promise((resolve) => child.once("exit", resolve));
  clearInterval(watch);
  const events = parseLines(readFileSync(file, "utf8"));
  const [started, finished] = [events[0], events.at(-1)];
  if (code !== 0) throw new Error(`the run of ${target} ended with ${code}: ${JSON.stringify(finished)}`);
  return { events, started, finished, seconds: (finished.at - started.at) / 1000, peakBytes };
}

/** Linux keeps the peak itself, so that sampling misses nothing but the last moment (proc(5), VmHWM). */
function peakOf(pid) {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kibibytes && Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}

const parseLines = (text) =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/**
 * Measures two things in turn, so often, the first of each pair being now the one and now the other. Answers the median
 * of each, and the median of the pairs' ratios, which a machine that is busy for a while moves least.
 */
export async function pairs(count, one, other) {
  const found = [];
  for (let i = 0; i < count; i++) {
    if (i % 2 === 0) found.push([await one(), await other()]);
    else found.push([await other(), await one()].toReversed());
  }
  return {
    one: median(found.map(([a]) => a)),
    other: median(found.map(([, b]) => b)),
    ratio: median(found.map(([a, b]) => a / b)),
  };
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
