import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { TaskCalls } from "../../functions/api/task-calls.ts";
import type { Machines } from "../../aws/step-functions/machines.ts";
import type { Ending } from "../../functions/runs/end.ts";
import { requireRun } from "../../functions/runs/read.ts";
import { ARCHIVED } from "../../store/code/code-archive-files.ts";
import { unpackArchive } from "../../store/code/code-archive.ts";
import { makeWholeFolder } from "../../runtime/package/whole-folder.ts";
import type { CompiledFlow } from "../../statemachines/compile.ts";
import { parseRunName } from "../../graph/run-name.ts";
import type { MachineInput } from "../../statemachines/contract/contract.ts";
import { offlineResources } from "../../statemachines/resources.ts";
import { runInWorld } from "../../engine/run-loop.ts";
import type { Store } from "../home.ts";
import { emulatedWorld } from "./world.ts";

/** What executions on this machine need. */
export interface ExecutionParts {
  readonly store: Store;
  readonly calls: TaskCalls;
  readonly ending: () => Ending;
  /** Where tasks' processes find the API. */
  readonly url: () => string;
  readonly maxWorkers?: number;
  /** Told of what no user did wrong. */
  readonly onFailure: (error: unknown) => void;
}

const PLACE = "arn:aws:states:local:000000000000";

/** Step Functions on this machine: a flow's machine, each of its tasks in a process that has the runtime of a container. */
export class Executions implements Machines {
  readonly #parts: ExecutionParts;
  readonly #versions = new Map<string, CompiledFlow>();
  readonly #running = new Map<string, { readonly version: string; readonly stop: AbortController }>();
  readonly #ends = new Set<Promise<void>>();

  constructor(parts: ExecutionParts) {
    this.#parts = parts;
  }

  async put(flow: string, compiled: CompiledFlow, version: number) {
    const arn = `${PLACE}:stateMachine:${flow}`;
    const versionArn = `${arn}:${version}`;
    this.#versions.set(versionArn, compiled);
    return { arn, versionArn, children: [] };
  }

  async isRunning(versionArn: string): Promise<boolean> {
    return [...this.#running.values()].some(({ version }) => version === versionArn);
  }

  async removeVersion(versionArn: string): Promise<void> {
    this.#versions.delete(versionArn);
  }

  async remove(arn: string): Promise<void> {
    for (const version of this.#versions.keys()) if (version.startsWith(`${arn}:`)) this.#versions.delete(version);
  }

  async start(versionArn: string, name: string, input: object): Promise<void> {
    const compiled = this.#versions.get(versionArn);
    if (!compiled) throw new Error(`there is no ${versionArn}`);
    if (this.#running.has(name)) return;
    const stop = new AbortController();
    this.#running.set(name, { version: versionArn, stop });
    const end = this.#carryOut(compiled, { name, input: input as MachineInput }, stop.signal)
      .catch(this.#parts.onFailure)
      .finally(() => {
        this.#running.delete(name);
        this.#ends.delete(end);
      });
    this.#ends.add(end);
  }

  async stop(_arn: string, name: string): Promise<void> {
    this.#running.get(name)?.stop.abort(new Error("the run was stopped"));
  }

  /** Stops all that runs; resolves once nothing does. */
  async close(): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort(new Error("the server ended"));
    await Promise.all(this.#ends);
  }

  async #carryOut(
    compiled: CompiledFlow,
    execution: { readonly name: string; readonly input: MachineInput },
    signal: AbortSignal,
  ): Promise<void> {
    const { store, calls, ending, url, maxWorkers } = this.#parts;
    const run = await requireRun(store.ledger, parseRunName(execution.input.run));
    const lineage = await calls.lineageOf(run.graph);
    const folder = await unpackCode(store, run.codePackage);
    const world = emulatedWorld({
      run,
      lineage,
      execution,
      calls,
      blobs: store.blobs,
      ending,
      tasks: {
        api: { url: url(), region: "local" },
        maxWorkers: maxWorkers ?? availableParallelism(),
        runtime: join(folder, ARCHIVED.runtime),
        flowModule: join(folder, ARCHIVED.flow),
        root: folder,
        logs: store.logs,
        env: { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" },
      },
    });
    await runInWorld(world, { lineage, compiled, bookkeeping: offlineResources.bookkeeping }, { signal });
  }
}

/** Unpacks a code package once. */
async function unpackCode({ home, blobs }: Store, hash: string): Promise<string> {
  const folder = join(home, "packages", hash);
  if (!existsSync(folder)) makeWholeFolder(folder, unpackArchive(await blobs.read(hash)));
  return folder;
}
