import type { WorkerFlow, FromWorker, WorkPage } from "../runtime/worker/protocol.ts";
import type { Control } from "../graph/control-value.ts";
import type { Manifest } from "../store/artifacts/manifest.ts";
import { MillraceError } from "../graph/errors.ts";
import type { WorkerEnding, WorkerProcess } from "./worker-process.ts";

export type TaskMessage = Extract<FromWorker, { type: "finished" | "returned" }>;

/** What the scheduler needs of a place that runs tasks: a process, or this very one. */
export interface FlowWorker {
  readonly pid: number;
  /** Resolves once the flow's code is loaded. */
  readonly loaded: Promise<unknown>;
  /** Where its output is, and how much of it there is; absent where it is not kept. */
  readonly output?: { readonly stream: string; readonly size: number; read(from: number, to: number): Buffer };
  onTask: (message: TaskMessage) => void;
  onEnd: (ending: WorkerEnding) => void;
  start(page: WorkPage): void;
  /** Fires the running task's signal; the worker ends once the task has. */
  stop(): void;
  kill(): void;
  /** Ends it, and gives back what it held. */
  close(): void;
}

/** A worker process with a flow's code in it. */
export class ProcessWorker implements FlowWorker {
  readonly pid: number;
  readonly loaded: Promise<readonly WorkerFlow[]>;
  onTask: (message: TaskMessage) => void = () => {};
  onEnd: (ending: WorkerEnding) => void = () => {};
  #process: WorkerProcess;
  #answer: { resolve(message: FromWorker): void; reject(error: Error): void } | undefined;

  constructor(process: WorkerProcess, code: { bundle: string; blobs: string }) {
    this.#process = process;
    this.pid = process.pid;
    process.onMessage = (message) => {
      if (message.type === "finished" || message.type === "returned") this.onTask(message);
      else this.#answer?.resolve(message);
    };
    process.onEnd = (ending) => {
      this.#answer?.reject(
        new MillraceError("flow.crashed", `the process that loads the flow's file ended ${describeEnding(ending)}`, {
          hint: "A flow's file must not end the process when it is imported.",
        }),
      );
      this.onEnd(ending);
      process.dispose();
    };
    this.loaded = this.#ask(() =>
      process.send({ type: "load", bundle: code.bundle, blobs: code.blobs, log: process.stream }),
    ).then((message) => {
      if (message.type !== "loaded") throw new Error(`a worker answered ${message.type} to load`);
      return message.flows;
    });
    this.loaded.catch(() => {});
  }

  get output() {
    const process = this.#process;
    return {
      stream: process.stream,
      get size() {
        return process.logSize;
      },
      read: (from: number, to: number) => process.readLog(from, to),
    };
  }

  /** Validates and packs a run's parameters, which takes the author's own validators. */
  async parameters(
    exportName: string,
    values: Record<string, unknown>,
    asText: boolean,
  ): Promise<{ manifest: Manifest; controls: readonly Control[] }> {
    await this.loaded;
    const answer = await this.#ask(() => this.#process.send({ type: "parameters", exportName, values, asText }));
    if (answer.type !== "parameters") throw new Error(`a worker answered ${answer.type} to parameters`);
    return answer;
  }

  async #ask(send: () => void): Promise<FromWorker> {
    const message = await new Promise<FromWorker>((resolve, reject) => {
      this.#answer = { resolve, reject };
      send();
    }).finally(() => (this.#answer = undefined));
    if (message.type !== "refused") return message;
    const { error } = message;
    if ("code" in error) throw new MillraceError(error.code, error.detail, { where: error.where, hint: error.hint });
    throw new MillraceError(
      "flow.threw",
      `the flow's file threw ${error.name} when it was imported: ${error.message}`,
      {
        where: { source: error.source },
        hint: "Fix what runs when the file is imported.",
      },
    );
  }

  start(page: WorkPage): void {
    this.#process.send(page);
  }
  stop(): void {
    this.#process.send({ type: "stop" });
  }
  kill(): void {
    this.#process.kill();
  }
  close(): void {
    this.#process.close();
  }
}

/** `with exit code 3`, `by SIGSEGV`. */
function describeEnding({ code, signal }: WorkerEnding): string {
  return signal ? `by ${signal}` : `with exit code ${code}`;
}
