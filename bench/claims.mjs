/**
 * What the README says of speed and memory, each as one measurement. A claim measures itself and answers how it is
 * shown, the number behind it and whether the bound holds; `holds` is undefined where nothing is promised.
 */
import { randomFillSync } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bareLoop } from "./bare-loop.mjs";
import { flowFile, folder, linesOf, median, nodeOutput, pairs, runFlow, timeMillrace, timeNode } from "./measure.mjs";

const PAIRS = 15;
const RUNS = 5;

/** Peaks of the main process, by what ran: the last claim reads what the others saw. */
const peaks = new Map();

const round = (number, digits = 2) => Number(number.toFixed(digits));
const thousands = (number) => Math.round(number).toLocaleString("en-US");

async function slowdown(bound, command) {
  command();
  const { one, other, ratio } = await pairs(PAIRS, command, () => timeNode("-e", "0"));
  const measured = `${round(ratio)} × (${round(one, 0)} ms, node -e 0 ${round(other, 0)} ms)`;
  return { value: ratio, measured, holds: ratio <= bound };
}

async function observedRun(name, target) {
  const run = await runFlow(target);
  if (run.peakBytes) peaks.set(name, Math.max(run.peakBytes, peaks.get(name) ?? 0));
  return run;
}

const rates = new Map();

async function foreach(width, bound) {
  const name = `foreach ${width}`;
  const target = `${flowFile("foreach.ts")}#wide${width}`;
  await observedRun(name, target);
  const { one, ratio } = await pairs(
    RUNS,
    async () => {
      const ran = JSON.parse(nodeOutput(join(import.meta.dirname, "split.mjs"), target));
      readBack(ran, width);
      return width / ran.seconds;
    },
    () => bareLoop(folder, width),
  );
  rates.set(width, one);
  const measured = `1/${round(1 / ratio, 1)} (${thousands(one)} a second)`;
  return { value: ratio, measured, holds: ratio >= bound };
}

/** Throws unless every task's artifact can be read. */
function readBack({ flow, run }, width) {
  const tasks = linesOf("dump", `${flow}/${run}/square`, "squared", "--json");
  const right = tasks.filter(({ pathspec, artifacts }) => artifacts.squared === Number(pathspec.split("/")[3]) ** 2);
  if (right.length !== width) throw new Error(`of ${width} tasks, ${right.length} can be read`);
}

async function allSucceed(name, target, tasks) {
  const runs = [];
  for (let i = 0; i < RUNS; i++) runs.push(await observedRun(name, target));
  const { succeeded } = runs.at(-1).finished.tasks;
  const seconds = median(runs.map((run) => run.seconds));
  const measured = `${thousands(succeeded)} in ${round(seconds)} s`;
  return { value: succeeded, measured, holds: succeeded === tasks };
}

async function largeArtifact(bound) {
  const source = join(folder, "source");
  const copy = join(folder, "copy");
  const bytes = new Uint8Array(100_000_000);
  for (let at = 0; at < bytes.length; at += 50_000_000) randomFillSync(bytes, at, 50_000_000);
  writeFileSync(source, bytes);
  const { one, other, ratio } = await pairs(
    RUNS,
    () => {
      // Each side begins with a process, memory and a file that nobody has touched.
      rmSync(copy, { force: true });
      return Number(nodeOutput(join(import.meta.dirname, "copy-and-hash.mjs"), source, copy));
    },
    async () => {
      rmSync(join(folder, "home", "blobs"), { recursive: true, force: true });
      const { events } = await runFlow(flowFile("artifact.ts"));
      const [written, read] = events.filter(({ type }) => type === "task.output").map(({ text }) => Number(text));
      return read - written;
    },
  );
  const measured = `${round(ratio)} (${round(other, 0)} ms, cp and SHA-256 ${round(one, 0)} ms)`;
  return { value: ratio, measured, holds: ratio >= bound };
}

/** In the order in which they are measured; the names are what the command line picks by. */
export const claims = [
  {
    name: "run",
    claim: "millrace run of two trivial steps, unchanged, shell to shell",
    bound: "at most 3.3 × node -e 0",
    measure: () => slowdown(3.3, () => timeMillrace("run", flowFile("two-steps.ts"))),
  },
  {
    name: "help",
    claim: "millrace --help",
    bound: "at most 2 × node -e 0",
    measure: () => slowdown(2, () => timeMillrace("--help")),
  },
  {
    name: "foreach-400",
    claim: "foreach over 400, tasks a second",
    bound: "at least 1/7.5 of a bare fork, encode and insert loop",
    measure: () => foreach(400, 1 / 7.5),
  },
  {
    name: "foreach-2000",
    claim: "foreach over 2,000, tasks a second",
    bound: "at least 1/9 of that loop",
    measure: () => foreach(2_000, 1 / 9),
  },
  {
    name: "foreach-10000",
    claim: "foreach over 10,000, tasks a second",
    bound: "at least 1/7 of that loop",
    measure: () => foreach(10_000, 1 / 7),
  },
  {
    name: "linear",
    claim: "a task of 10,000 beside one of 2,000",
    bound: "at most 1.25 × the time",
    needs: ["foreach-2000", "foreach-10000"],
    measure: () => {
      const value = rates.get(2_000) / rates.get(10_000);
      return { value, measured: `${round(value)} ×`, holds: value <= 1.25 };
    },
  },
  {
    name: "chain",
    claim: "a chain of 1,000 steps",
    bound: "1,000 tasks succeed",
    measure: () => allSucceed("chain", flowFile("chain.ts"), 1_000),
  },
  {
    name: "nested",
    claim: "a foreach of 100 in a foreach of 100",
    bound: "10,102 tasks succeed",
    measure: () => allSucceed("nested", `${flowFile("foreach.ts")}#nested`, 10_102),
  },
  {
    name: "memory",
    claim: "peak resident memory of the main process in these",
    bound: "under 150 MB",
    needs: ["foreach-10000", "chain", "nested"],
    measure: () => {
      if (peaks.size === 0) return { value: null, measured: "not measured: there is no /proc" };
      const [[name, value]] = [...peaks].toSorted(([, a], [, b]) => b - a);
      return { value, measured: `${round(value / 1e6, 0)} MB (${name})`, holds: value < 150e6 };
    },
  },
  {
    name: "artifact",
    claim: "an artifact of 100 MB written and read",
    bound: "at least 0.5 × the speed of cp and SHA-256",
    measure: () => largeArtifact(0.5),
  },
];
