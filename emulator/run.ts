import { availableParallelism, hostname, userInfo } from "node:os";
import { mistakesError } from "../graph/mistake.ts";
import type { AnyFlow } from "../sdk/language/language.ts";
import type { Graph } from "../graph/graph.ts";
import { activeProfile, findProfile, type Profile } from "../sdk/client/profiles.ts";
import { MillraceError } from "../graph/errors.ts";
import type { Placement } from "./account/placement.ts";
import { openStore } from "./home.ts";
import { readTaskResults, type FlowResult } from "../sdk/client/results.ts";
import { runInWorld, type RunResult } from "../engine/run-loop.ts";
import { localFlow } from "./local/flow.ts";
import { localWorld } from "./local/world.ts";
import type { RunOptions } from "./run-options.ts";
import { FlowCode, parseTarget, type Target } from "./flow-code.ts";

/** A run's parameters: as values, or as a command line's text, which is read with the graph in hand. */
export interface RunParameters {
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly text?: (graph: Graph) => Readonly<Record<string, string | string[] | true>>;
}

/**
 * Runs a flow of a file (`FILE` or `FILE#name`) from this machine, and answers how it ended: with the local profile all on
 * this machine, else with its ledger and artifacts in the account. Throws MillraceError for whatever keeps a run from
 * beginning: the file, the flow, its parameters, the store, the account.
 */
export function runFlow(target: string | Target, options: RunOptions & RunParameters = {}): Promise<RunResult> {
  return carryThrough(target, options, async ({ result }) => result);
}

/** The same, and answers what every task left as well. */
export function runAndRead(
  target: string | Target,
  options: RunOptions & RunParameters = {},
): Promise<FlowResult<AnyFlow>> {
  return carryThrough(target, options, ({ read }) => read());
}

/** A run that has ended, while the store that it is kept in is open. */
interface Ended {
  readonly result: RunResult;
  read(): Promise<FlowResult<AnyFlow>>;
}

async function carryThrough<T>(
  target: string | Target,
  options: RunOptions & RunParameters,
  use: (ended: Ended) => Promise<T>,
): Promise<T> {
  const profile = options.profile === undefined ? activeProfile() : findProfile(options.profile);
  const placement = options.with === undefined ? undefined : await readWith(options.with, profile);
  const code = await FlowCode.open(typeof target === "string" ? parseTarget(target) : target, options);
  try {
    const store = openStore(code.home);
    const { graph, mistakes, exportName } = await code.describe();
    if (mistakes.length > 0) throw mistakesError("graph.invalid", mistakes);
    const first = code.first();
    const values = options.text?.(graph) ?? options.parameters ?? {};
    const { manifest: parameters, controls } = takesCode(graph, values)
      ? await first.parameters(exportName, values, options.text !== undefined)
      : { manifest: {}, controls: [] };
    const maxWorkers = options.maxWorkers ?? availableParallelism();
    const user = userName();
    if (profile.type === "aws") {
      const { runInAccount } = await import("./account/run.ts");
      const packed = { code, graph, parameters, controls, user, readBlob: store.blobs.readSync, placement };
      const { result, client } = await runInAccount(profile, packed, { ...options, maxWorkers });
      return await use({
        result,
        read: async () => (await import("../sdk/client/read-tasks.ts")).readAccountTasks(client, result),
      });
    }
    try {
      const placed = placement ? (await import("./account/placement.ts")).placeSteps(graph, placement) : graph;
      const world = localWorld({
        graph: placed,
        exportName,
        codePackage: code.codePackage.hash,
        parameters,
        controls,
        namespace: `user:${user}`,
        user,
        tags: options.tags ?? [],
        owner: { host: hostname(), pid: process.pid },
        principals: { made: user },
        ledger: store.ledger,
        blobs: store.blobs,
        maxWorkers,
        isolate: options.isolate ?? false,
        first,
        startWorker: () => code.startWorker(),
      });
      const result = await runInWorld(world, localFlow(placed), options);
      return await use({
        result,
        read: () => readTaskResults({ ledger: store.ledger, read: store.blobs.readSync }, result, graph),
      });
    } finally {
      await store.ledger.close();
    }
  } finally {
    code.close();
  }
}

/** Throws MillraceError `with.invalid`, and `profile.local` where steps are sent to an account and none is in use. */
async function readWith(text: string, profile: Profile): Promise<Placement> {
  const { readPlacement } = await import("./account/placement.ts");
  const placement = readPlacement(text);
  if (profile.type === "local" && placement.compute !== "local") {
    throw new MillraceError("profile.local", `--with ${placement.compute} needs an account, and none is in use`, {
      hint: "Name a deployed stack with: millrace configure aws --stack NAME",
    });
  }
  return placement;
}

/** Whether the run's beginning takes the flow's own code: parameters to be validated, or a value that the machine asks. */
function takesCode(graph: Graph, values: object): boolean {
  return Object.keys(graph.parameters).length > 0 || Object.keys(values).length > 0 || graph.body[0]?.type !== "step";
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? "unknown";
  }
}
