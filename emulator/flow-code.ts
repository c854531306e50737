import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MillraceError } from "../graph/errors.ts";
import { nearest } from "../graph/nearest.ts";
import { buildCodePackage, type CodePackage } from "../runtime/package/code-package.ts";
import type { WorkerFlow } from "../runtime/worker/protocol.ts";
import { ProcessWorker } from "./flow-worker.ts";
import { findHome } from "../store/home/find-home.ts";
import { writeWhole } from "../store/home/write-whole.ts";
import { takeWarmWorker } from "./prewarm.ts";
import { WorkerProcess } from "./worker-process.ts";

/** A flow as it was asked for: by the name of its export, or by its own. */
export type Target = { readonly file: string } & ({ readonly exportName: string } | { readonly flow: string });

/** Reads `FILE` or `FILE#name`. */
export function parseTarget(target: string): { file: string; exportName: string } {
  const hash = target.lastIndexOf("#");
  // A file whose own name has a # is meant as it stands.
  if (hash <= 0 || existsSync(target)) return { file: target, exportName: "default" };
  return { file: target.slice(0, hash), exportName: target.slice(hash + 1) };
}

/** A flow's code, bundled, and the worker processes that have loaded it. */
export class FlowCode {
  readonly home: string;
  readonly codePackage: CodePackage;
  readonly target: Target;
  #first: ProcessWorker | undefined;

  private constructor(home: string, codePackage: CodePackage, target: Target) {
    this.home = home;
    this.codePackage = codePackage;
    this.target = target;
  }

  /** Throws MillraceError where the file does not exist or cannot be bundled. */
  static async open(target: Target, options: { home?: string | undefined } = {}): Promise<FlowCode> {
    const home = options.home ?? findHome(target.file);
    const code = new FlowCode(home, await buildCodePackage(target.file, { home }), target);
    const warm = takeWarmWorker(home);
    if (warm) code.#first = code.#load(warm);
    return code;
  }

  /**
   * The flow as data: kept beside the code from the first time on, so that an unchanged flow is known before any process
   * has loaded it. Throws MillraceError where the file throws, or exports no such flow.
   */
  async describe(): Promise<WorkerFlow> {
    const kept = join(this.codePackage.dir, "flows.json");
    if (existsSync(kept)) return this.#pick(JSON.parse(readFileSync(kept, "utf8")) as WorkerFlow[]);
    const flows = await this.first().loaded;
    if (flows.every(({ mistakes }) => mistakes.length === 0)) writeWhole(kept, JSON.stringify(flows));
    return this.#pick(flows);
  }

  /** The worker that was started ahead, or the first one there is. */
  first(): ProcessWorker {
    return (this.#first ??= this.startWorker());
  }

  startWorker(): ProcessWorker {
    return this.#load(new WorkerProcess(this.home));
  }

  /** Ends the first worker, where nobody took it. */
  close(): void {
    this.#first?.close();
  }

  #load(process: WorkerProcess): ProcessWorker {
    return new ProcessWorker(process, { bundle: this.codePackage.bundle, blobs: join(this.home, "blobs") });
  }

  #pick(flows: readonly WorkerFlow[]): WorkerFlow {
    const { file } = this.target;
    if ("flow" in this.target) {
      const name = this.target.flow;
      const named = flows.find(({ graph }) => graph.name === name);
      if (named) return named;
      throw new MillraceError("flow.notExported", `${file} does not export it`, {
        where: { flow: name },
        hint: "Export the flow from the module that makes it.",
      });
    }
    const { exportName } = this.target;
    const found = flows.find((flow) => flow.exportName === exportName);
    if (found) return found;
    if (flows.length === 0)
      throw new MillraceError("flow.none", `${file} exports no flow`, {
        hint: `Write "export default flow(…)" in it.`,
      });
    const names = flows.map((flow) => flow.exportName).filter((name) => name !== "default");
    if (exportName === "default")
      throw new MillraceError("flow.noDefault", `${file} has no flow as its default export`, {
        hint: `Name one of those it exports: ${names.map((name) => `${file}#${name}`).join(", ")}.`,
      });
    const near = nearest(exportName, names) ?? names[0];
    throw new MillraceError("flow.notExported", `${file} exports no flow by the name ${exportName}`, {
      hint:
        near === undefined
          ? `Leave out #${exportName}: its flow is the default export.`
          : `Did you mean ${file}#${near}?`,
    });
  }
}
