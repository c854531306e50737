import { availableParallelism, hostname, userInfo } from "node:os";
import { mistakesError } from "../sdk/graph/mistake.ts";
import type { AnyFlow } from "../sdk/flow/language.ts";
import type { Graph } from "../sdk/graph/graph.ts";
import { openStore, type Store } from "./home.ts";
import { readTasks, type FlowResult } from "../sdk/results.ts";
import { runOnThisMachine, type RunResult } from "./engine.ts";
import type { RunEvent } from "./events.ts";
import { FlowCode, parseTarget, type Target } from "./flow-code.ts";

export interface RunOptions {
  readonly tags?: readonly string[];
  /** How many tasks run at the same time at most; as many as there are processors unless told. */
  readonly maxWorkers?: number;
  /** Every task gets a process of its own. */
  readonly isolate?: boolean;
  /** The folder of the store; `.millrace` beside the flow, or MILLRACE_HOME, unless told. */
  readonly home?: string;
  /** Told of everything that happens, in order. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops the run: its tasks are told, and it ends as stopped. */
  readonly signal?: AbortSignal;
}

/** A run's parameters: as values, or as a command line's text, which is read with the graph in hand. */
export interface Given {
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly text?: (graph: Graph) => Readonly<Record<string, string | string[] | true>>;
}

/**
 * Runs a flow of a file (`FILE` or `FILE#name`) on this machine, and answers how it ended. Throws MillraceError for
 * whatever keeps a run from beginning: the file, the flow, its parameters, the store.
 */
export function runFlow(target: string | Target, options: RunOptions & Given = {}): Promise<RunResult> {
  return carryThrough(target, options, async (result) => result);
}

/** The same, and answers what every task left as well. */
export function runAndRead(target: string | Target, options: RunOptions & Given = {}): Promise<FlowResult<AnyFlow>> {
  return carryThrough(target, options, (result, { ledger, blobs }, graph) =>
    readTasks(ledger, blobs.readSync, result, graph),
  );
}

async function carryThrough<T>(
  target: string | Target,
  options: RunOptions & Given,
  read: (result: RunResult, store: Store, graph: Graph) => Promise<T>,
): Promise<T> {
  const code = await FlowCode.open(typeof target === "string" ? parseTarget(target) : target, options);
  try {
    const store = openStore(code.home);
    const { graph, mistakes, exportName } = await code.describe();
    if (mistakes.length > 0) throw mistakesError("graph.invalid", mistakes);
    const first = code.first();
    const given = options.text?.(graph) ?? options.parameters ?? {};
    const { manifest, controls } = takesCode(graph, given)
      ? await first.parameters(exportName, given, options.text !== undefined)
      : { manifest: {}, controls: [] };
    try {
      const result = await runOnThisMachine({
        graph,
        exportName,
        codePackage: code.codePackage.hash,
        parameters: manifest,
        controls,
        namespace: `user:${userName()}`,
        user: userName(),
        tags: options.tags ?? [],
        owner: { host: hostname(), pid: process.pid },
        ledger: store.ledger,
        blobs: store.blobs,
        maxWorkers: options.maxWorkers ?? availableParallelism(),
        isolate: options.isolate ?? false,
        first,
        hire: () => code.hire(),
        ...(options.onEvent && { onEvent: options.onEvent }),
        ...(options.signal && { signal: options.signal }),
      });
      return await read(result, store, graph);
    } finally {
      await store.ledger.close();
    }
  } finally {
    code.close();
  }
}

/** Whether the run's beginning takes the flow's own code: parameters to be validated, or a value that the machine asks. */
function takesCode(graph: Graph, given: object): boolean {
  return Object.keys(graph.parameters).length > 0 || Object.keys(given).length > 0 || graph.body[0]?.type !== "step";
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? "unknown";
  }
}
