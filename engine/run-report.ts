import type { Lineage } from "../graph/lineage.ts";
import type { Control } from "../graph/control-value.ts";
import { controlEvent } from "./control-event.ts";
import type { RunEvent } from "./events.ts";
import { StepCounts } from "./task-counts.ts";
import type { RunEnd, RunError, TaskEvent, TaskEvents, WorldRun } from "./world.ts";

/** What a run is known by once it is over: counted and kept while its events go by on their way to the listener. */
export class RunReport implements TaskEvents {
  readonly #lineage: Lineage;
  readonly #onEvent: ((event: RunEvent) => void) | undefined;
  readonly #counts = new StepCounts();
  #run: Pick<WorldRun, "key" | "createdAt" | "tags"> | undefined;
  #failure: RunError | undefined;

  constructor(lineage: Lineage, onEvent: ((event: RunEvent) => void) | undefined) {
    this.#lineage = lineage;
    this.#onEvent = onEvent;
  }

  get isRead(): boolean {
    return this.#onEvent !== undefined;
  }

  /** The first task that failed for good, none of whose failures are caught. */
  get failure(): RunError | undefined {
    return this.#failure;
  }

  start(run: WorldRun): void {
    this.#run = run;
    this.#onEvent?.({ type: "run.started", ...run.key, at: run.createdAt, tags: run.tags });
  }

  emit(event: TaskEvent): void {
    this.#counts.add(event);
    if (event.type === "task.finished" && event.status === "failed") this.#blame(event);
    if (!this.#onEvent) return;
    const { type, ...more } = event;
    this.#onEvent({ type, ...this.#run!.key, at: Date.now(), ...more } as RunEvent);
  }

  /** The machine has asked for a control value. */
  control(control: Control): void {
    const event = this.#onEvent && controlEvent(this.#lineage, this.#run!.key, control);
    if (event) this.#onEvent!(event);
  }

  finish({ status, error }: RunEnd): void {
    if (!this.#onEvent) return;
    const { key, createdAt } = this.#run!;
    const at = Date.now();
    const { succeeded, failed, stopped } = this.#counts.total;
    const notRun = [...this.#lineage.steps.keys()].filter((step) => !this.#counts.steps.has(step));
    this.#onEvent({
      type: "run.finished",
      ...key,
      at,
      status,
      seconds: (at - createdAt) / 1000,
      tasks: { succeeded, failed, stopped },
      ...(error && { error }),
      ...(status !== "succeeded" && { notRun }),
    });
  }

  #blame({ step, index, error, caught, retryInSeconds }: Extract<TaskEvent, { type: "task.finished" }>): void {
    if (this.#failure || !error || caught || retryInSeconds !== undefined) return;
    // Where a failure is caught the machine goes on, however the task's process came to its end.
    if (this.#lineage.steps.get(step)?.node.options.catch !== true) this.#failure = { ...error, step, index };
  }
}
