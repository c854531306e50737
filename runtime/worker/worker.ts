/**
 * A worker process: loads a flow's code once and runs its tasks, one at a time. What a task prints goes to the process's
 * own output, which is a file, so that which bytes are whose is known exactly; what becomes of it goes to descriptor 4,
 * written synchronously, so that nothing that was said is lost when the process dies a moment later.
 */
import { existsSync, fstatSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { definitionOf, isFlow, type Definition } from "../../sdk/language/definition.ts";
import { MillraceError } from "../../graph/errors.ts";
import { checkGraph } from "../../graph/check.ts";
import { lineageOf } from "../../graph/lineage.ts";
import { flagOf } from "../../graph/flags.ts";
import { coerceText, parseParameters } from "../../sdk/language/parameters.ts";
import { openFileBlobs } from "../../store/blobs/files/file-blobs.ts";
import { packOutcome, type Blobs } from "../../tasks/outcome.ts";
import type { FromWorker, ToWorker, WorkPage } from "./protocol.ts";
import { runTask, type RunningTask, type Task } from "../task.ts";
import { taskError } from "../task-error.ts";
import { applyEnvironment } from "../step-environment.ts";

const RESULTS = 4;
/** A page whose task takes longer than this gives the rest of its tasks back. */
const LONG_TASK_MILLISECONDS = 25;

process.setSourceMapsEnabled(true);
const channel = process.channel;
// Libraries take a process that can send for one forked by their own parent.
process.send = undefined as never;

const flows = new Map<string, Definition>();
let blobs: Blobs;
let log = "";
let current: RunningTask | undefined;
let stopping = false;

process.on("message", (message: ToWorker) => void answer(message));
process.on("disconnect", () => process.exit(1));
// Ctrl-C reaches the whole process group; the engine says what is to be done about it.
process.on("SIGINT", () => {});
process.on("uncaughtException", (thrown) => {
  if (current)
    emit({
      type: "finished",
      outcome: { status: "failed", error: taskError(thrown) },
      seconds: 0,
      log: logRange(taskLogStart),
    });
  process.exit(1);
});

async function answer(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "load":
      return load(message.bundle, message.blobs, message.log);
    case "parameters":
      return parameters(message.exportName, message.values, message.asText);
    case "page":
      return work(message);
    case "stop":
      stopping = true;
      if (current) current.stop();
      else process.exit(0);
  }
}

function emit(message: FromWorker): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length;) at += writeSync(RESULTS, bytes, at);
}

async function load(bundle: string, blobFolder: string, stream: string): Promise<void> {
  log = stream;
  const files = openFileBlobs(blobFolder);
  blobs = { read: (hash) => files.readSync(hash), write: (hash, bytes) => files.writeSync(hash, bytes) };
  try {
    const module = await loadModule(bundle);
    // In the order of their names, as a module of either kind has them.
    for (const [name, value] of Object.entries(module).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      if (isFlow(value)) flows.set(name, definitionOf(value));
    emit({
      type: "loaded",
      flows: [...flows].map(([exportName, { graph, sourceOf }]) => ({
        exportName,
        graph,
        mistakes: checkGraph(graph, sourceOf),
      })),
    });
  } catch (thrown) {
    refuse(thrown);
  }
}

/** The flow's module: as CommonJS where the bundle is there as that too, since it loads sooner. */
async function loadModule(bundle: string): Promise<Record<string, unknown>> {
  const commonJs = bundle.replace(/\.mjs$/, ".cjs");
  if (existsSync(commonJs)) return createRequire(bundle)(commonJs) as Record<string, unknown>;
  return (await import(pathToFileURL(bundle).href)) as Record<string, unknown>;
}

async function parameters(exportName: string, values: Record<string, unknown>, asText: boolean): Promise<void> {
  try {
    const definition = flows.get(exportName)!;
    const read = asText ? await readTexts(definition, values as Texts) : values;
    const parsed = await parseParameters(definition, read);
    const lineage = lineageOf(definition.graph);
    const { own, controls } = packOutcome({ lineage, after: undefined, index: [], before: {}, values: parsed }, blobs);
    emit({ type: "parameters", manifest: own, controls });
  } catch (thrown) {
    refuse(thrown);
  }
}

type Texts = Readonly<Record<string, string | string[] | true>>;

/** What a command line's flags mean; `--max-depth` is the parameter maxDepth too. */
async function readTexts({ parameters: schemas, graph }: Definition, texts: Texts): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [flag, text] of Object.entries(texts)) {
    const name = Object.keys(schemas).find((one) => one === flag || flagOf(one) === flag);
    if (name === undefined) values[flag] = text;
    else values[name] = await coerceText(schemas[name]!, graph.parameters[name]?.schema, text);
  }
  return values;
}

function refuse(thrown: unknown): void {
  if (thrown instanceof MillraceError) {
    const { code, detail, where, hint } = thrown;
    emit({ type: "refused", error: { code, detail, where, ...(hint !== undefined && { hint }) } });
  } else {
    emit({ type: "refused", error: taskError(thrown) });
  }
}

let taskLogStart = 0;

interface Waiting {
  readonly number: number;
  readonly definition: Definition;
  readonly task: Task;
}

let waiting: Waiting[] = [];
let isWorking = false;
let taskStartedAt = 0;

/** Takes a page's tasks in, and works through all there are unless that is going on already. */
async function work({ exportName, from, page, bases, tasks }: WorkPage): Promise<void> {
  if (tasks.length > 1) compileLess();
  const definition = flows.get(exportName)!;
  tasks.forEach(({ base, ...task }, at) => {
    waiting.push({ number: from + at, definition, task: { ...page, ...task, base: bases[base]! } });
  });
  if (isWorking) return;
  isWorking = true;
  const watch = setInterval(() => {
    if (performance.now() - taskStartedAt > LONG_TASK_MILLISECONDS) giveBack();
  }, LONG_TASK_MILLISECONDS);
  taskLogStart = fstatSync(1).size;
  let heardAt = performance.now();
  for (let at = 0; !stopping; at++) {
    // Tasks that never wait for anything would keep the engine's messages out.
    if (performance.now() - heardAt > LONG_TASK_MILLISECONDS) {
      await new Promise((resolve) => setImmediate(resolve));
      heardAt = performance.now();
    }
    if (at >= waiting.length) break;
    const { definition: itsFlow, task } = waiting[at]!;
    if (at > FORGOTTEN) {
      waiting = waiting.slice(at);
      at = 0;
    }
    running = at;
    await runOne(itsFlow, task);
  }
  waiting = [];
  running = -1;
  clearInterval(watch);
  isWorking = false;
  if (stopping) process.exit(0);
}

let compilesLess = false;

/**
 * Many short tasks leave V8 compiling half of the time what is over before that pays; with four times the patience it
 * compiles what stays. Only Node 20 knows the flag, and only this process, which is nobody's but ours, is given it.
 */
function compileLess(): void {
  if (compilesLess || !process.versions.node.startsWith("20.")) return;
  compilesLess = true;
  process.getBuiltinModule("node:v8").setFlagsFromString("--interrupt-budget=270336");
}

/** Where in `waiting` the running task is; those before it are over. */
let running = -1;
/** That many tasks that are over are dropped from `waiting` at once. */
const FORGOTTEN = 1024;

async function runOne(definition: Definition, task: Task): Promise<void> {
  const restore = applyEnvironment(definition, task.step);
  taskStartedAt = performance.now();
  current = runTask(definition, task, blobs);
  const outcome = await current.outcome;
  current = undefined;
  restore();
  const milliseconds = performance.now() - taskStartedAt;
  const range = logRange(taskLogStart);
  taskLogStart = range.to;
  if (milliseconds > LONG_TASK_MILLISECONDS) giveBack();
  const log = range.to > range.from ? { log: range } : undefined;
  emit({ type: "finished", outcome, seconds: milliseconds / 1000, ...log });
}

/** Lets another worker have what waits behind a task that takes long. */
function giveBack(): void {
  const returned = waiting.splice(running + 1);
  const [first] = returned;
  if (first) emit({ type: "returned", from: first.number, to: returned.at(-1)!.number + 1 });
}

function logRange(from: number) {
  return { stream: log, from, to: fstatSync(1).size };
}

channel?.ref();
