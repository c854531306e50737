import { hostname } from "node:os";
import { join } from "node:path";
import type { StartTaskRequest, StartTaskResponse } from "../../functions/api/contract.ts";
import type { Attempt } from "../../store/ledger/ledger.ts";
import { concurrently, upTo } from "../../graph/concurrently.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { TaskKey } from "../../graph/task-key.ts";
import type { Lineage } from "../../graph/lineage.ts";
import type { TaskApi } from "../../runtime/task-client.ts";
import { EXIT_CODES, FINAL_EXIT } from "../../statemachines/contract/exit-codes.ts";
import { TASK_ENVIRONMENT } from "../../statemachines/contract/contract.ts";
import type { Job, JobResult } from "../../engine/job.ts";
import type { TaskEvent } from "../../engine/world.ts";
import { triesOf } from "../local/assigned-task.ts";
import { localAttempt } from "./local-attempt.ts";
import { newLogStream } from "../log-stream.ts";
import { endingError } from "../worker-ending.ts";
import { exitCodeOf, startTaskProcess, type TaskProcess } from "./task-process.ts";

export interface LocalTasksOptions {
  readonly run: RunKey;
  readonly lineage: Lineage;
  readonly api: TaskApi;
  /** How many run at the same time at most. */
  readonly maxWorkers: number;
  /** The built runtime (container.cjs), and the flow's bundle. */
  readonly runtime: string;
  readonly flowModule: string;
  /** The folder that the bundle's source map begins with. */
  readonly root: string;
  /** The folder of the local store's logs. */
  readonly logs: string;
  /** What every process has in its environment besides this one's. */
  readonly env: Readonly<Record<string, string>>;
  readonly emit: (event: TaskEvent) => void;
  readonly startTask: (task: StartTaskRequest) => Promise<StartTaskResponse>;
  readonly readAttempts: (task: TaskKey) => Promise<readonly Attempt[]>;
}

/** Carries out steps of a run in an account in processes of this machine: their artifacts and their ends go through the API. */
export class LocalTasks {
  readonly #options: LocalTasksOptions;
  readonly #waiting: (() => void)[] = [];
  readonly #processes = new Set<TaskProcess>();
  #running = 0;

  constructor(options: LocalTasksOptions) {
    this.#options = options;
  }

  /** Resolves once every task of the job has ended; where `signal` fires they are asked to end and this rejects. */
  async run(job: Job, signal: AbortSignal): Promise<JobResult> {
    const failed: JobResult[number][] = [];
    const task = async (position: number) => {
      await this.#turn();
      try {
        signal.throwIfAborted();
        const failure = await this.#carryOut(job, job.index(position), signal);
        if (failure) failed.push(failure);
      } finally {
        this.#running--;
        this.#waiting.shift()?.();
      }
    };
    await concurrently(this.#options.maxWorkers, upTo(job.size), task);
    return failed;
  }

  /** Asks all that runs to end; resolves once nothing runs. */
  async close(): Promise<void> {
    for (const one of this.#processes) one.stop();
    await Promise.all([...this.#processes].map(({ ended }) => ended));
  }

  async #turn(): Promise<void> {
    if (this.#running >= this.#options.maxWorkers) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
  }

  async #carryOut(job: Job, index: string, signal: AbortSignal): Promise<JobResult[number] | undefined> {
    for (let attempt = 1; ; attempt++) {
      const ended = await this.#attempt(job, { index, number: attempt }, signal);
      if (ended === "done") return undefined;
      signal.throwIfAborted();
      const hasTries = job.isRetriedByMachine ? ended.event.attempt < job.attempts : attempt < triesOf(job);
      const isRetried = hasTries && !ended.isFinal;
      this.#options.emit({ ...ended.event, status: "failed", ...(isRetried && { retryInSeconds: 0 }) });
      if (!isRetried || job.isRetriedByMachine)
        return { index, attempt: ended.event.attempt, error: ended.event.error! };
    }
  }

  async #attempt(
    job: Job,
    { index, number }: { readonly index: string; readonly number: number },
    signal: AbortSignal,
  ): Promise<"done" | Failed> {
    const { run, api, emit, lineage, root, flowModule, runtime, logs, env } = this.#options;
    const { step, proof } = job;
    const stream = newLogStream();
    const started = await this.#options.startTask({ step, index, by: localAttempt(hostname(), stream), proof });
    if (started.state === "done") return "done";
    const { attempt } = started;
    const at = Date.now();
    const one = startTaskProcess({
      runtime,
      booted: { ...run, step, index, api, started, root, flowModule, isAnnounced: true },
      env: {
        ...lineage.steps.get(step)!.node.options.env,
        ...env,
        [TASK_ENVIRONMENT.attempts]: String(job.attempts),
        AWS_BATCH_JOB_ATTEMPT: String(job.isRetriedByMachine ? attempt : number),
      },
      logFile: join(logs, stream),
      onLine: (text) => emit({ type: "task.output", step, index, attempt, pid: one.pid, text }),
    });
    const event = { type: "task.finished", step, index, attempt, pid: one.pid } as const;
    emit({ type: "task.started", step, index, attempt, pid: one.pid });
    this.#processes.add(one);
    const stop = () => one.stop();
    signal.addEventListener("abort", stop, { once: true });
    const ending = await one.ended;
    const code = exitCodeOf(ending);
    signal.removeEventListener("abort", stop);
    this.#processes.delete(one);
    const seconds = (Date.now() - at) / 1000;
    if (signal.aborted) {
      emit({ ...event, status: "stopped", seconds });
      throw signal.reason;
    }
    const isCaught = lineage.steps.get(step)!.node.options.catch === true;
    const said = code === EXIT_CODES.done && !isCaught ? undefined : await this.#said(step, index, attempt);
    if (code === EXIT_CODES.done) {
      const caught = said?.caught === true;
      const failure = caught && { caught, ...(said.error && { error: said.error }) };
      emit({ ...event, status: caught ? "failed" : "succeeded", seconds, ...failure });
      return "done";
    }
    const died = { name: "WorkerDied", message: `the step's process ended with exit code ${code}` };
    const error = said?.error ?? (ending.signal === null ? died : endingError(ending, undefined, ""));
    return { event: { ...event, seconds, error }, isFinal: String(code).startsWith(FINAL_EXIT) };
  }

  async #said(step: string, index: string, attempt: number): Promise<Attempt | undefined> {
    const attempts = await this.#options.readAttempts({ step, index }).catch(() => []);
    return attempts.find((one) => one.attempt === attempt);
  }
}

interface Failed {
  readonly event: Omit<Extract<TaskEvent, { type: "task.finished" }>, "status">;
  readonly isFinal: boolean;
}
