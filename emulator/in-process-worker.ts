import type { Definition } from "../sdk/language/definition.ts";
import type { Blobs } from "../tasks/outcome.ts";
import type { WorkPage } from "../runtime/worker/protocol.ts";
import { runTask, type RunningTask } from "../runtime/task.ts";
import type { FlowWorker, TaskMessage } from "./flow-worker.ts";
import type { WorkerEnding } from "./worker-process.ts";

/**
 * Runs tasks in this very process, one at a time: for tests of flows. What they print is this process's own output; a
 * handler that ends the process or never lets go of the thread can't be told from the program around it.
 */
export class InProcessWorker implements FlowWorker {
  readonly pid = process.pid;
  readonly loaded = Promise.resolve();
  onTask: (message: TaskMessage) => void = () => {};
  onEnd: (ending: WorkerEnding) => void = () => {};
  #definition: Definition;
  #blobs: Blobs;
  #current: RunningTask | undefined;
  #stopping = false;
  #before: Promise<void> = Promise.resolve();

  constructor(definition: Definition, blobs: Blobs) {
    this.#definition = definition;
    this.#blobs = blobs;
  }

  start({ page, bases, tasks }: WorkPage): void {
    this.#before = this.#before.then(async () => {
      for (const { base, ...task } of tasks) {
        if (this.#stopping) return;
        const started = performance.now();
        this.#current = runTask(this.#definition, { ...page, ...task, base: bases[base]! }, this.#blobs);
        const outcome = await this.#current.outcome;
        this.#current = undefined;
        const seconds = (performance.now() - started) / 1000;
        this.onTask({ type: "finished", outcome, seconds });
      }
    });
  }

  stop(): void {
    this.#stopping = true;
    this.#current?.stop();
  }

  kill(): void {
    this.onEnd({ code: null, signal: "SIGKILL" });
  }

  close(): void {
    this.#stopping = true;
  }
}
