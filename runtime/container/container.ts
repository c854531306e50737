import { pathToFileURL } from "node:url";
import type { FinishTaskRequest, StartedTask } from "../../functions/api/contract.ts";
import type { LogRange } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { TaskKey } from "../../graph/task-key.ts";
import { TASK_ENVIRONMENT } from "../../statemachines/contract/contract.ts";
import { EXIT_CODES, FINAL_EXIT } from "../../statemachines/contract/exit-codes.ts";
import { findFlow, runRemoteTask, type RemoteTask, type RunningRemoteTask } from "../remote-task.ts";
import { shortenPaths } from "../shorten-paths.ts";
import { interruptedReport } from "./interrupted-report.ts";
import { taskError } from "../task-error.ts";
import { AttemptRefused, TaskClient, type TaskApi } from "../task-client.ts";

/** What the bootstrap program has found out. */
export interface Booted extends RunKey, TaskKey {
  readonly api: TaskApi;
  readonly started: StartedTask;
  /** The folder that the source map's paths begin with. */
  readonly root: string;
  readonly flowModule: string;
  /** Who started the process says when the task starts and what became of it: the task's own output does not, too. */
  readonly isAnnounced?: true;
}

const HEARTBEAT_MILLISECONDS = 30_000;
/** Between SIGTERM and SIGKILL there may be little: what a handler has to put away it has to put away in this time. */
const FAREWELL_MILLISECONDS = 1_000;

/** Carries out one attempt in a container and ends the process. */
export function runContainer(booted: Booted): void {
  process.setSourceMapsEnabled(true);
  const attempt = new ContainerAttempt(booted);
  process.on("SIGTERM", () => attempt.interrupt());
  process.on("uncaughtException", (thrown) => void attempt.fail(thrown));
  process.on("exit", (code) => {
    if (attempt.isEnding) return;
    console.log(`The step ended its process with exit code ${code}.`);
    // Neither may it look done, nor as if it said that nobody shall try again.
    if (code === 0 || String(code).startsWith(FINAL_EXIT)) process.exitCode = EXIT_CODES.exited;
  });
  attempt.work().then(
    (report) => attempt.finish(report),
    (thrown: unknown) => attempt.fail(thrown),
  );
}

class ContainerAttempt {
  readonly #booted: Booted;
  readonly #client: TaskClient;
  readonly #startedAt = Date.now();
  readonly #isLast: boolean;
  readonly #waitSeconds: number;
  /** What became of it is said, or is being said. */
  isEnding = false;
  #isInterrupted = false;
  #isOver = false;
  #running: RunningRemoteTask | undefined;

  constructor(booted: Booted) {
    const { last = isJobsLast(process.env), waitSeconds = 0 } = booted.started;
    this.#booted = booted;
    this.#client = new TaskClient(booted.api, booted, booted.started.token);
    this.#isLast = last;
    this.#waitSeconds = waitSeconds;
  }

  async work(): Promise<FinishTaskRequest> {
    const { flowModule, flow } = this.#booted;
    const module = (await import(pathToFileURL(flowModule).href)) as object;
    const definition = findFlow(module, flow);
    const task: RemoteTask = { ...this.#booted, last: this.#isLast };
    setInterval(() => this.#heartbeat(), HEARTBEAT_MILLISECONDS);
    if (this.#waitSeconds > 0) {
      console.log(`Waiting ${Math.ceil(this.#waitSeconds)} s before the retry.`);
      await new Promise((resolve) => setTimeout(resolve, this.#waitSeconds * 1000));
      if (this.#isOver) return { status: "stopped" };
    }
    this.#announce("Task is starting.");
    this.#running = runRemoteTask(definition, task, this.#client);
    return this.#running.report;
  }

  #heartbeat(): void {
    void this.#client.heartbeat().then(
      ({ alive }) => {
        if (alive) return;
        this.#isOver = true;
        this.#running?.stop();
      },
      () => {},
    );
  }

  interrupt(): void {
    console.log("The container was told to end (SIGTERM).");
    this.#isInterrupted = true;
    this.#running?.stop();
    setTimeout(() => void this.finish(this.#interruptedReport()), FAREWELL_MILLISECONDS);
  }

  fail(thrown: unknown): Promise<void> {
    return this.finish({ status: "failed", error: taskError(thrown) });
  }

  /** Says what became of the attempt, once: whatever comes first counts. */
  async finish(report: FinishTaskRequest): Promise<void> {
    if (this.isEnding) return;
    this.isEnding = true;
    const request = this.#isInterrupted && report.status === "stopped" ? this.#interruptedReport() : report;
    const { error } = request;
    try {
      const log = await ownLog(this.#startedAt).catch(() => undefined);
      await this.#client.finish({
        ...request,
        ...(error && { error: shortenPaths(error, this.#booted.root) }),
        ...(log && { log }),
      });
    } catch (thrown) {
      const code = thrown instanceof AttemptRefused ? EXIT_CODES.superseded : EXIT_CODES.unreachable;
      console.log(`What became of the task could not be reported: ${(thrown as Error).message}`);
      return this.#end(code);
    }
    if (error) this.#announce(`Task failed: ${error.name}: ${error.message}`);
    if (request.status === "succeeded" || request.caught) return this.#end(EXIT_CODES.done);
    if (this.#isInterrupted) return this.#end(EXIT_CODES.terminated);
    this.#end(this.#isLast ? EXIT_CODES.failedForGood : EXIT_CODES.failed);
  }

  #end(code: number): void {
    this.#announce(`Task finished with exit code ${code}.`);
    process.exit(code);
  }

  #interruptedReport(): FinishTaskRequest {
    return interruptedReport(process.env, process.uptime() - this.#waitSeconds);
  }

  #announce(line: string): void {
    if (!this.#booted.isAnnounced) console.log(line);
  }
}

/** As far as the job itself knows. */
function isJobsLast(env: NodeJS.ProcessEnv): boolean {
  return Number(env["AWS_BATCH_JOB_ATTEMPT"] ?? 1) >= Number(env[TASK_ENVIRONMENT.attempts] ?? 1);
}

/**
 * Where this container's output goes, as its agent knows it (Amazon ECS developer guide, "Task metadata endpoint version
 * 4"); undefined where there is none. Of a CloudWatch stream the range is in milliseconds since the epoch.
 */
async function ownLog(from: number): Promise<LogRange | undefined> {
  const uri = process.env["ECS_CONTAINER_METADATA_URI_V4"];
  if (!uri) return undefined;
  const { LogOptions } = (await (await fetch(uri)).json()) as { LogOptions?: Record<string, string> };
  const stream = LogOptions?.["awslogs-stream"];
  return stream ? { stream: `${LogOptions["awslogs-group"]}:${stream}`, from, to: Date.now() } : undefined;
}
