import type { TaskEvents } from "../../engine/world.ts";
import type { FlowWorker } from "../flow-worker.ts";
import { attemptOf, type AssignedTask } from "./assigned-task.ts";
import { TaskClock } from "./task-clock.ts";
import { TaskLog } from "./task-log.ts";

/** A worker and the tasks that it has got, in order; the first of them is the one that runs. */
export class PoolWorker {
  readonly worker: FlowWorker;
  readonly clock = new TaskClock();
  readonly log: TaskLog | undefined;
  isLoaded = false;
  /** A page is being begun for it. */
  isAwaiting = false;
  tasks: AssignedTask[] = [];
  /** How many tasks it has got so far. */
  #assigned = 0;

  constructor(worker: FlowWorker, events: TaskEvents) {
    this.worker = worker;
    const print = (text: string) => {
      const [task] = this.tasks;
      if (task) events.emit({ type: "task.output", ...attemptOf(task), pid: worker.pid, text });
    };
    this.log = worker.output && new TaskLog(worker.output, events.isRead ? print : undefined);
  }

  get isBusy(): boolean {
    return this.isAwaiting || this.tasks.length > 0;
  }

  /** Numbers the tasks among its own and puts them behind those it has. */
  accept(tasks: readonly Omit<AssignedTask, "number">[]): readonly AssignedTask[] {
    const numbered = tasks.map((task) => ({ ...task, number: this.#assigned++ }));
    this.tasks.push(...numbered);
    return numbered;
  }

  /** Takes back the tasks with these numbers, `to` not included. */
  takeBack(from: number, to: number): readonly AssignedTask[] {
    const isReturned = ({ number }: AssignedTask) => number >= from && number < to;
    const returned = this.tasks.filter(isReturned);
    this.tasks = this.tasks.filter((task) => !isReturned(task));
    return returned;
  }

  /** Tells the running task to end, and kills the worker where that takes too long. */
  stop(): void {
    this.clock.killAfterGrace(() => this.worker.kill());
    this.worker.stop();
  }

  /** Lets go of it: it ends once it has nothing to do. */
  close(): void {
    this.clock.clear();
    this.log?.close();
    this.worker.onEnd = () => {};
    this.worker.close();
  }
}
