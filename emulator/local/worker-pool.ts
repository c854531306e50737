import type { TaskEvents } from "../../engine/world.ts";
import type { FlowWorker, TaskMessage } from "../flow-worker.ts";
import type { WorkerEnding } from "../worker-process.ts";
import { PoolSize } from "./pool-size.ts";
import { PoolWorker } from "./pool-worker.ts";

export interface PoolOptions {
  readonly maxWorkers: number;
  readonly startWorker: () => FlowWorker;
  readonly events: TaskEvents;
  /** A worker has loaded the flow's code, or one that could not is gone and another may be started. */
  readonly onReady: () => void;
  readonly onTask: (worker: PoolWorker, message: TaskMessage) => void;
  /** A worker has ended by itself, or was killed; it is out of the pool. */
  readonly onEnd: (worker: PoolWorker, ending: WorkerEnding) => void;
  /** The flow's code can't be loaded. */
  readonly onBroken: (error: unknown) => void;
}

/** So many workers in a row that can't load the code are no accident. */
const FAILED_STARTS = 3;

/** The workers of one run: as many as are worth their start, and never more than there may be. */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #workers = new Set<PoolWorker>();
  readonly #size = new PoolSize();
  #failedStarts = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get workers(): ReadonlySet<PoolWorker> {
    return this.#workers;
  }

  get busy(): readonly PoolWorker[] {
    return [...this.#workers].filter(({ isBusy }) => isBusy);
  }

  add(worker: FlowWorker): void {
    const { events, onReady, onTask, onEnd, onBroken } = this.#options;
    const added = new PoolWorker(worker, events);
    this.#workers.add(added);
    worker.onTask = (message) => onTask(added, message);
    worker.onEnd = (ending) => {
      this.#workers.delete(added);
      onEnd(added, ending);
    };
    worker.loaded.then(
      () => {
        added.isLoaded = true;
        this.#failedStarts = 0;
        onReady();
      },
      (error: unknown) => {
        const isAlone = this.#workers.size <= 1;
        // A worker without the code gets no tasks: it must not count among those that soon will.
        if (this.#workers.has(added)) this.dismiss(added);
        if (++this.#failedStarts >= FAILED_STARTS || isAlone) onBroken(error);
        else onReady();
      },
    );
  }

  /** Takes a worker out of the pool: what it still does is nobody's business. */
  dismiss(worker: PoolWorker): void {
    this.#workers.delete(worker);
    worker.close();
  }

  /** So many tasks wait, and with twice the workers they would be done that much sooner. */
  grow(waiting: number, millisecondsToSave: number | undefined): void {
    const idle = this.#workers.size - this.busy.length;
    const wanted = Math.min(this.#room, waiting - idle);
    if (wanted <= 0) return;
    this.#size.consider(millisecondsToSave, this.#workers.size, () => {
      const count = Math.min(wanted, this.#room);
      for (let i = 0; i < count; i++) this.add(this.#options.startWorker());
    });
  }

  /** A task has ended, or none waits any more: there is no hurry to grow. */
  settle(): void {
    this.#size.taskEnded();
  }

  /** Ends them all; those that are busy are killed. */
  close(): void {
    this.#size.taskEnded();
    for (const worker of this.#workers) {
      const wasBusy = worker.isBusy;
      this.dismiss(worker);
      if (wasBusy) worker.worker.kill();
    }
  }

  get #room(): number {
    return this.#options.maxWorkers - this.#workers.size;
  }
}
