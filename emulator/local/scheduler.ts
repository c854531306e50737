import type { Job, JobResult } from "../../engine/job.ts";
import type { TaskEvents } from "../../engine/world.ts";
import type { RunScope } from "../../tasks/inputs.ts";
import { startTasks, type BegunTask } from "../../tasks/start.ts";
import type { FlowWorker, TaskMessage } from "../flow-worker.ts";
import { endingError } from "../worker-ending.ts";
import type { WorkerEnding } from "../worker-process.ts";
import { attemptEnd, attemptOf, retryOf, workPage, type AssignedTask, type TaskEnd } from "./assigned-task.ts";
import { DelayedTries } from "./delayed-tries.ts";
import { EndWriter } from "./end-writer.ts";
import { JobQueue, type Try } from "./job-queue.ts";
import { OpenJobs } from "./open-jobs.ts";
import { LARGEST_PAGE, PageSizes } from "./page-size.ts";
import type { PoolWorker } from "./pool-worker.ts";
import { WorkerPool } from "./worker-pool.ts";

/** What one run needs to have its tasks carried out. */
export interface SchedulerOptions {
  readonly scope: RunScope;
  readonly exportName: string;
  readonly tags: readonly string[];
  readonly maxWorkers: number;
  /** Every task gets a process of its own. */
  readonly isolate: boolean;
  /** A worker that was started before the run was known. */
  readonly first?: FlowWorker;
  startWorker(): FlowWorker;
  readonly events: TaskEvents;
}

interface Ended extends TaskEnd {
  readonly worker: PoolWorker;
  /** The task that the worker went on with: its start is emitted once this one's end has been. */
  readonly next?: AssignedTask;
  /** It was never given to the worker: nobody has heard of its start. */
  readonly isUnheard?: true;
}

const STOPPED = { name: "Stopped", message: "the run was stopped" };

/** The tasks that a worker gets next, and what became of beginning each. */
interface StartedPage {
  readonly tries: readonly Try[];
  readonly started: readonly BegunTask[];
}

/**
 * Carries out the jobs of one run on workers: what AWS Batch does in an account. Tasks are begun and ended in the ledger
 * a page at a time; a task whose worker dies has failed, and nothing else has.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #queue = new JobQueue();
  readonly #open = new OpenJobs();
  readonly #pages = new PageSizes();
  readonly #delayed = new DelayedTries();
  readonly #pool: WorkerPool;
  readonly #ends: EndWriter<Ended>;
  readonly #attemptId = attemptIds();
  #stopping: { resolve(): void } | undefined;
  #broken: unknown;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const { scope, first } = options;
    this.#pool = new WorkerPool({
      ...options,
      onReady: () => this.#pump(),
      onTask: (worker, message) => this.#receive(worker, message),
      onEnd: (worker, ending) => this.#workerEnded(worker, ending),
      onBroken: (error) => this.#break(error),
    });
    this.#ends = new EndWriter({
      write: (ends) => scope.ledger.finishAttempts(scope.key, ends.map(attemptEnd)),
      onWritten: (end) => this.#conclude(end),
      onError: (error) => this.#break(error),
      onIdle: () => {
        this.#settleStop();
        this.#pump();
      },
    });
    if (first) this.#pool.add(first);
  }

  /** Carries out a job; resolves once none of its tasks will be tried again, and rejects where `signal` fires. */
  run(job: Job, signal: AbortSignal): Promise<JobResult> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const result = this.#open.open(job, signal, () => this.#cancel(job));
    if (this.#open.has(job)) this.#queue.add(job);
    this.#pump();
    return result;
  }

  /** Drops what waits and asks what runs to stop; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#queue.clear();
    this.#pool.settle();
    this.#delayed.clear();
    const { busy } = this.#pool;
    if (busy.length > 0) {
      const done = new Promise<void>((resolve) => (this.#stopping = { resolve }));
      for (const worker of busy) {
        worker.tasks.splice(worker.tasks.length > 0 ? 1 : 0);
        worker.stop();
      }
      await done;
    }
    await this.#ends.flush();
  }

  close(): void {
    this.#pool.close();
  }

  // ---- giving work out

  #pump(): void {
    if (this.#stopping || this.#broken !== undefined) return;
    for (const worker of this.#pool.workers) {
      if (this.#queue.length === 0) return;
      if (worker.isLoaded && !worker.isBusy) this.#assign(worker);
    }
    for (const worker of this.#pool.workers) if (this.#isRunningOut(worker)) this.#assign(worker);
    const step = this.#queue.nextStep;
    if (step === undefined) return;
    const { length } = this.#queue;
    this.#pool.grow(length, this.#options.isolate ? Infinity : this.#pages.millisecondsToSave(step, length));
  }

  /** Whether the worker should have its next tasks before it has asked for them. */
  #isRunningOut({ isLoaded, isAwaiting, tasks }: PoolWorker): boolean {
    if (!isLoaded || isAwaiting || tasks.length * 2 > LARGEST_PAGE) return false;
    const step = this.#queue.nextStep;
    if (step === undefined || this.#options.isolate || !this.#pages.areShort(step)) return false;
    return tasks.length * 2 <= this.#pages.of(step, this.#queue.length, this.#pool.workers.size);
  }

  #assign(worker: PoolWorker): void {
    const { isolate, maxWorkers, scope } = this.#options;
    const step = this.#queue.nextStep!;
    const tries = this.#queue.take(isolate ? 1 : this.#pages.of(step, this.#queue.length, maxWorkers));
    const at = Date.now();
    const starts = tries.map(({ index }) => ({ index, by: this.#attemptId(), at }));
    worker.isAwaiting = true;
    startTasks(scope, step, starts).then(
      (started) => {
        worker.isAwaiting = false;
        this.#begin(worker, step, { tries, started });
      },
      (error: unknown) => {
        worker.isAwaiting = false;
        this.#break(error);
      },
    );
  }

  #begin(worker: PoolWorker, step: string, { tries, started }: StartedPage): void {
    const begun: Omit<AssignedTask, "number">[] = [];
    started.forEach((task, i) => {
      const attempt = tries[i]!;
      if (task.state === "done") this.#open.settle(attempt.job, undefined);
      else if (this.#open.has(attempt.job)) begun.push({ attempt, started: task });
      else this.#forsake(worker, { attempt, started: task, number: -1 });
    });
    if (begun.length === 0 || !this.#pool.workers.has(worker) || this.#stopping) {
      this.#giveBack(begun);
      this.#settleStop();
      return this.#pump();
    }
    const wasIdle = worker.tasks.length === 0;
    const tasks = worker.accept(begun);
    worker.log?.begin();
    worker.worker.start(workPage(this.#options, step, tasks));
    if (!wasIdle) return;
    this.#watch(worker, tasks[0]!);
    this.#emitStart(worker, tasks[0]!);
  }

  /** Nobody wants the job any more: what waits of it is dropped, what runs is asked to stop. */
  #cancel(job: Job): void {
    this.#queue.remove(job);
    if (this.#stopping) return;
    for (const worker of this.#pool.workers) if (worker.tasks[0]?.attempt.job === job) worker.stop();
  }

  /** Its job was cancelled while it began. */
  #forsake(worker: PoolWorker, task: AssignedTask): void {
    this.#ends.add({ worker, task, outcome: { status: "stopped", error: STOPPED }, seconds: 0, isUnheard: true });
    void this.#ends.flush();
  }

  /** Puts back tasks that a worker had but did not run. */
  #giveBack(tasks: readonly Pick<AssignedTask, "attempt">[]): void {
    if (!this.#stopping)
      this.#queue.giveBack(tasks.map(({ attempt }) => attempt).filter(({ job }) => this.#open.has(job)));
  }

  #watch(worker: PoolWorker, task: AssignedTask): void {
    worker.clock.start(this.#options.scope.lineage, task.attempt.job.step, () => worker.worker.kill());
  }

  // ---- hearing what became of it

  #receive(worker: PoolWorker, message: TaskMessage): void {
    if (message.type === "returned") {
      this.#giveBack(worker.takeBack(message.from, message.to));
      return this.#pump();
    }
    if (message.log) worker.log?.takeUpTo(message.log.to);
    const task = worker.tasks.shift();
    if (!task) return;
    this.#pages.observe(task.attempt.job.step, message.seconds);
    this.#pool.settle();
    const { outcome, seconds, log } = message;
    const isUnsettled =
      outcome.status === "stopped" || (outcome.status === "failed" && outcome.error.name === "Timeout");
    if (isUnsettled || this.#options.isolate) {
      // Its handler may be running still: the process is not given another task.
      this.#giveBack(worker.tasks.splice(0));
      this.#pool.dismiss(worker);
      if (isUnsettled) worker.worker.kill();
    }
    const [next] = worker.tasks;
    this.#ends.add({ worker, task, outcome, seconds, ...(log && { log }), ...(next && { next }) });
    if (next) this.#watch(worker, next);
    else worker.clock.clear();
    // While the worker has more to do the ends of its tasks can wait a little for each other.
    if (next) this.#ends.flushLater();
    else void this.#ends.flush();
    if (this.#isRunningOut(worker)) this.#assign(worker);
  }

  /** The task that the worker ran has failed; those that it had not begun go back. */
  #workerEnded(worker: PoolWorker, ending: WorkerEnding): void {
    const { clock, log } = worker;
    const error = endingError(ending, clock.killedFor, log?.tail() ?? "");
    const range = log?.take();
    const [running, ...rest] = worker.tasks.splice(0);
    if (running) {
      const status = clock.killedFor === "stop" ? "stopped" : "failed";
      const { seconds } = clock;
      this.#ends.add({ worker, task: running, outcome: { status, error }, seconds, ...(range && { log: range }) });
    }
    clock.clear();
    log?.close();
    this.#giveBack(rest);
    void this.#ends.flush();
    this.#settleStop();
    this.#pump();
  }

  /** The end of a task is in the ledger. */
  #conclude({ worker, task, outcome, seconds, next, isUnheard }: Ended): void {
    if (isUnheard) return;
    const { attempt, started } = task;
    const { job, index } = attempt;
    const caught = outcome.status === "failed" && outcome.caught === true;
    const isWanted = !this.#stopping && this.#open.has(job);
    const retry =
      outcome.status === "failed" && !caught && isWanted ? retryOf(this.#options.scope.lineage, task) : "none";
    this.#options.events.emit({
      type: "task.finished",
      ...attemptOf(task),
      pid: worker.worker.pid,
      status: outcome.status,
      seconds,
      ...("error" in outcome && { error: outcome.error }),
      ...(retry !== "none" && { retryInSeconds: retry.inSeconds }),
      ...(caught && { caught }),
    });
    if (next) this.#emitStart(worker, next);
    if (retry !== "none" && retry.by === "scheduler") return this.#retry(attempt, retry.inSeconds);
    const isFine = outcome.status === "succeeded" || caught;
    this.#open.settle(job, isFine ? undefined : { index, attempt: started.attempt, error: outcome.error });
  }

  #retry({ job, index, number }: Try, delaySeconds: number): void {
    const next = { job, index, number: number + 1 };
    if (delaySeconds === 0) return this.#queue.giveBack([next]);
    this.#delayed.add(next, delaySeconds, () => {
      this.#giveBack([{ attempt: next }]);
      this.#pump();
    });
  }

  #emitStart(worker: PoolWorker, task: AssignedTask): void {
    this.#options.events.emit({ type: "task.started", ...attemptOf(task), pid: worker.worker.pid });
  }

  // ---- the end

  #settleStop(): void {
    if (!this.#stopping || this.#ends.isWriting || this.#pool.busy.length > 0) return;
    this.#stopping.resolve();
  }

  /** The ledger or the workers can't be used: every job ends with the reason. */
  #break(error: unknown): void {
    this.#broken ??= error;
    this.#queue.clear();
    this.#open.rejectAll(error);
    this.#stopping?.resolve();
  }
}

/** Who runs an attempt: this process, each time another. */
function attemptIds(): () => string {
  const id = `${process.pid}.${Date.now().toString(36)}`;
  let count = 0;
  return () => `${id}.${count++}`;
}
