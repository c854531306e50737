import type { RunScope } from "../tasks/inputs.ts";
import { startTasks, type StartedTask } from "../tasks/start.ts";
import type { RunEvent } from "./events.ts";
import type { FlowWorker, TaskMessage } from "./flow-worker.ts";
import { attemptEnd, triesOf, workPage, type AssignedTask, type TaskEnd } from "./assigned-task.ts";
import { Hiring } from "./hiring.ts";
import { JobQueue, type Job, type Try } from "./job-queue.ts";
import { OpenJobs, type JobResult } from "./open-jobs.ts";
import { LARGEST_PAGE, PageSizes } from "./page-size.ts";
import { retryDelaySeconds } from "./retry-delay.ts";
import { TaskClock } from "./task-clock.ts";
import { TaskLog } from "./task-log.ts";
import { endingError } from "./worker-ending.ts";
import type { Ending } from "./worker-process.ts";

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
  /** Makes another. */
  hire(): FlowWorker;
  readonly emit?: (event: RunEvent) => void;
}

/** How long the end of a task may wait to be written, while its worker has more to do. */
const FLUSH_MILLISECONDS = 10;

/** A worker and the tasks it has been given, in order; the first of `tasks` is the one that runs. */
interface Crew {
  readonly worker: FlowWorker;
  readonly log: TaskLog | undefined;
  readonly clock: TaskClock;
  loaded: boolean;
  /** A page is being begun for it. */
  isAwaiting: boolean;
  tasks: AssignedTask[];
  /** How many tasks it has been given so far. */
  given: number;
}

interface Ended extends TaskEnd {
  readonly crew: Crew;
  /** The task that the worker went on with: told of once this one's end has been. */
  readonly next?: AssignedTask;
}

/**
 * Carries out the jobs of one run on workers: what AWS Batch does in an account. Tasks are begun and ended in the ledger
 * a page at a time; a task whose worker dies has failed, and nothing else has.
 */
export class Scheduler {
  readonly counts = { succeeded: 0, failed: 0, stopped: 0 };
  #options: SchedulerOptions;
  #queue = new JobQueue();
  #open = new OpenJobs();
  #crews = new Set<Crew>();
  #pages = new PageSizes();
  #ended: Ended[] = [];
  #flushing: Promise<void> | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  #hiring = new Hiring();
  #delayed = new Set<NodeJS.Timeout>();
  #bornDead = 0;
  #stopping: { resolve(): void } | undefined;
  #broken: unknown;
  #id = `${process.pid}.${Date.now().toString(36)}`;
  #tries = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    if (options.first) this.#employ(options.first);
  }

  /** Carries out a job; resolves once none of its tasks will be tried again, and rejects where `signal` fires. */
  run(job: Job, signal: AbortSignal): Promise<JobResult> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const result = this.#open.open(job, signal, () => this.#cancel(job));
    if (this.#open.has(job)) this.#queue.add(job);
    this.#pump();
    return result;
  }

  /** Nobody wants the job any more: what waits of it is dropped, what runs is told to stop. */
  #cancel(job: Job): void {
    this.#queue.remove(job);
    if (this.#stopping) return;
    for (const crew of this.#crews) {
      if (crew.tasks[0]?.attempt.job !== job) continue;
      crew.clock.killAfterGrace(() => crew.worker.kill());
      crew.worker.stop();
    }
  }

  /** Puts back tasks that a worker had but did not run. */
  #giveBack(tasks: readonly AssignedTask[]): void {
    if (!this.#stopping)
      this.#queue.giveBack(tasks.map(({ attempt }) => attempt).filter(({ job }) => this.#open.has(job)));
  }

  /** Drops what waits and tells what runs to stop; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#queue.clear();
    this.#hiring.taskEnded();
    for (const timer of this.#delayed) clearTimeout(timer);
    this.#delayed.clear();
    const busy = [...this.#crews].filter(isBusy);
    if (busy.length > 0) {
      const done = new Promise<void>((resolve) => (this.#stopping = { resolve }));
      for (const crew of busy) {
        crew.tasks.splice(crew.tasks.length > 0 ? 1 : 0);
        crew.clock.killAfterGrace(() => crew.worker.kill());
        crew.worker.stop();
      }
      await done;
    }
    this.#flush();
    await this.#flushing;
  }

  close(): void {
    this.#hiring.taskEnded();
    for (const crew of this.#crews) {
      const wasBusy = isBusy(crew);
      this.#dismiss(crew);
      if (wasBusy) crew.worker.kill();
    }
  }

  // ---- workers

  #employ(worker: FlowWorker): void {
    const { emit } = this.#options;
    const log = worker.output && new TaskLog(worker.output, emit && ((text) => this.#tellOutput(crew, text)));
    const crew: Crew = { worker, log, clock: new TaskClock(), loaded: false, isAwaiting: false, tasks: [], given: 0 };
    this.#crews.add(crew);
    worker.onTask = (message) => this.#hear(crew, message);
    worker.onEnd = (ending) => this.#bury(crew, ending);
    worker.loaded.then(
      () => {
        crew.loaded = true;
        this.#bornDead = 0;
        this.#pump();
      },
      (error: unknown) => {
        if (++this.#bornDead >= 3 || this.#crews.size <= 1) this.#break(error);
      },
    );
  }

  #dismiss(crew: Crew): void {
    this.#crews.delete(crew);
    crew.clock.clear();
    crew.log?.close();
    crew.worker.onEnd = () => {};
    crew.worker.close();
  }

  /** A worker has ended by itself, or was killed: the task that it ran has failed; those it had not begun go back. */
  #bury(crew: Crew, ending: Ending): void {
    this.#crews.delete(crew);
    const error = endingError(ending, crew.clock.killedFor, crew.log?.tail() ?? "");
    const range = crew.log?.take();
    const [running, ...rest] = crew.tasks.splice(0);
    if (running) {
      this.#ended.push({
        crew,
        task: running,
        outcome: { status: crew.clock.killedFor === "stop" ? "stopped" : "failed", error },
        seconds: crew.clock.seconds,
        ...(range && { log: range }),
      });
    }
    crew.clock.clear();
    crew.log?.close();
    this.#giveBack(rest);
    this.#flush();
    this.#settleStop();
    this.#pump();
  }

  // ---- giving work out

  #pump(): void {
    if (this.#stopping || this.#broken !== undefined) return;
    for (const crew of this.#crews) {
      if (this.#queue.length === 0) return;
      if (crew.loaded && !isBusy(crew)) this.#assign(crew);
    }
    for (const crew of this.#crews) if (this.#isRunningOut(crew)) this.#assign(crew);
    const idle = [...this.#crews].filter((crew) => !isBusy(crew)).length;
    const wanted = Math.min(this.#options.maxWorkers - this.#crews.size, this.#queue.length - idle);
    if (wanted <= 0) return;
    const { isolate } = this.#options;
    const expected = isolate ? Infinity : this.#pages.millisecondsToSave(this.#queue.nextStep!, this.#queue.length);
    this.#hiring.consider(expected, this.#crews.size, () => {
      const room = this.#options.maxWorkers - this.#crews.size;
      for (let i = 0; i < Math.min(wanted, room); i++) this.#employ(this.#options.hire());
    });
  }

  /** Whether the worker should have its next tasks before it has asked for them. */
  #isRunningOut({ loaded, isAwaiting, tasks }: Crew): boolean {
    if (!loaded || isAwaiting || tasks.length * 2 > LARGEST_PAGE) return false;
    const step = this.#queue.nextStep;
    if (step === undefined || this.#options.isolate || !this.#pages.areShort(step)) return false;
    return tasks.length * 2 <= this.#pages.of(step, this.#queue.length, this.#crews.size);
  }

  #assign(crew: Crew): void {
    const { isolate, maxWorkers, scope } = this.#options;
    const step = this.#queue.nextStep!;
    const tries = this.#queue.take(isolate ? 1 : this.#pages.of(step, this.#queue.length, maxWorkers));
    crew.isAwaiting = true;
    const now = Date.now();
    startTasks(
      scope,
      step,
      tries.map(({ index }) => ({ index, by: `${this.#id}.${this.#tries++}` })),
      now,
    ).then(
      (started) => this.#begin(crew, step, tries, started),
      (error: unknown) => this.#break(error),
    );
  }

  #begin(crew: Crew, step: string, tries: readonly Try[], started: readonly StartedTask[]): void {
    crew.isAwaiting = false;
    const tasks: AssignedTask[] = [];
    started.forEach((task, i) => {
      if (task.state === "done") this.#open.settle(tries[i]!.job, undefined);
      else tasks.push({ number: crew.given + tasks.length, attempt: tries[i]!, started: task });
    });
    if (tasks.length === 0 || !this.#crews.has(crew) || this.#stopping) {
      this.#giveBack(tasks);
      this.#settleStop();
      return this.#pump();
    }
    const wasIdle = crew.tasks.length === 0;
    crew.given += tasks.length;
    crew.tasks.push(...tasks);
    crew.log?.begin();
    crew.worker.start(workPage(this.#options, step, tasks));
    if (!wasIdle) return;
    this.#watch(crew, tasks[0]!);
    this.#tellStart(crew, tasks[0]!);
  }

  // ---- hearing what became of it

  #hear(crew: Crew, message: TaskMessage): void {
    if (message.type === "returned") {
      const isReturned = ({ number }: AssignedTask) => number >= message.from && number < message.to;
      this.#giveBack(crew.tasks.filter(isReturned));
      crew.tasks = crew.tasks.filter((task) => !isReturned(task));
      return this.#pump();
    }
    if (message.log) crew.log?.takeUpTo(message.log.to);
    const task = crew.tasks.shift();
    if (!task) return;
    const { step } = task.attempt.job;
    this.#pages.observe(step, message.seconds);
    this.#hiring.taskEnded();
    const { outcome, seconds, log } = message;
    const unsettled = outcome.status === "stopped" || (outcome.status === "failed" && outcome.error.name === "Timeout");
    if (unsettled || this.#options.isolate) {
      // Its handler may be running still: the process is not given another task.
      this.#giveBack(crew.tasks.splice(0));
      this.#dismiss(crew);
      if (unsettled) crew.worker.kill();
    }
    const [next] = crew.tasks;
    this.#ended.push({ crew, task, outcome, seconds, ...(log && { log }), ...(next && { next }) });
    if (next) this.#watch(crew, next);
    else crew.clock.clear();
    // While the worker has more to do the ends of its tasks can wait a little for each other.
    if (next) this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_MILLISECONDS);
    else this.#flush();
    if (this.#isRunningOut(crew)) this.#assign(crew);
  }

  #watch(crew: Crew, task: AssignedTask): void {
    crew.clock.start(this.#options.scope.lineage, task.attempt.job.step, () => crew.worker.kill());
  }

  /** Writes what has ended since the last time, all of it at once, then tells of it and gives out more. */
  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#flushing ??= Promise.resolve().then(async () => {
      try {
        while (this.#ended.length > 0) {
          const ended = this.#ended.splice(0);
          await this.#options.scope.ledger.finishAttempts(this.#options.scope.key, ended.map(attemptEnd));
          for (const one of ended) this.#conclude(one);
        }
      } catch (error) {
        this.#break(error);
      } finally {
        this.#flushing = undefined;
      }
      this.#settleStop();
      this.#pump();
    });
  }

  #conclude({ crew, task, outcome, seconds, next }: Ended): void {
    const { attempt, started } = task;
    const caught = outcome.status === "failed" && outcome.caught === true;
    const again = outcome.status === "failed" && !caught && attempt.number < triesOf(attempt.job) && !this.#stopping;
    const delay = again ? retryDelaySeconds(this.#options.scope.lineage, attempt.job.step, attempt.number) : 0;
    if (outcome.status !== "succeeded" || this.#options.emit) {
      this.#tell({
        type: "task.finished",
        ...this.#task(crew, task),
        attempt: started.attempt,
        status: outcome.status,
        seconds,
        ...("error" in outcome && { error: outcome.error }),
        ...(again && { retryInSeconds: delay }),
        ...(caught && { caught }),
      });
    }
    if (next) this.#tellStart(crew, next);
    if (again) return this.#retry(attempt, delay);
    this.counts[outcome.status]++;
    this.#open.settle(
      attempt.job,
      outcome.status === "succeeded" || caught
        ? undefined
        : { index: attempt.index, attempt: started.attempt, error: outcome.error },
    );
  }

  #retry({ job, index, number }: Try, delaySeconds: number): void {
    const next = { job, index, number: number + 1 };
    if (delaySeconds === 0) return this.#queue.giveBack([next]);
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      this.#queue.giveBack([next]);
      this.#pump();
    }, delaySeconds * 1000);
    this.#delayed.add(timer);
  }

  #settleStop(): void {
    if (!this.#stopping || this.#flushing || [...this.#crews].some(isBusy)) return;
    this.#stopping.resolve();
  }

  /** The ledger or the workers can't be used: every job ends with the reason. */
  #break(error: unknown): void {
    this.#broken ??= error;
    this.#queue.clear();
    this.#open.rejectAll(error);
    this.#stopping?.resolve();
  }

  // ---- telling

  #tellStart(crew: Crew, task: AssignedTask): void {
    this.#tell({ type: "task.started", ...this.#task(crew, task) });
  }

  #tellOutput(crew: Crew, text: string): void {
    const task = crew.tasks[0];
    if (task) this.#tell({ type: "task.output", ...this.#task(crew, task), text });
  }

  #task(crew: Crew, { attempt, started }: AssignedTask) {
    const { flow, run } = this.#options.scope.key;
    return {
      flow,
      run,
      at: Date.now(),
      step: attempt.job.step,
      index: started.index,
      attempt: started.attempt,
      pid: crew.worker.pid,
    };
  }

  #tell(event: RunEvent): void {
    this.#options.emit?.(event);
  }
}

function isBusy({ isAwaiting, tasks }: Crew): boolean {
  return isAwaiting || tasks.length > 0;
}
