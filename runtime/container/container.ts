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
  const client = new TaskClient(booted.api, booted, booted.started.token);
  const startedAt = Date.now();
  const { last: isLast = isJobsLast(process.env), waitSeconds = 0 } = booted.started;
  let isEnding = false;
  let isInterrupted = false;
  let isOver = false;
  let running: RunningRemoteTask | undefined;

  const announce = booted.isAnnounced ? () => {} : (line: string) => console.log(line);

  const end = (code: number, told?: string) => {
    isEnding = true;
    if (told !== undefined) console.log(told);
    announce(`Task finished with exit code ${code}.`);
    process.exit(code);
  };

  /** Says what became of the attempt, once: whatever comes first counts. */
  const finish = async (report: FinishTaskRequest) => {
    if (isEnding) return;
    isEnding = true;
    const request =
      isInterrupted && report.status === "stopped"
        ? interruptedReport(process.env, process.uptime() - waitSeconds)
        : report;
    const { error } = request;
    try {
      const log = await ownLog(startedAt).catch(() => undefined);
      await client.finish({
        ...request,
        ...(error && { error: shortenPaths(error, booted.root) }),
        ...(log && { log }),
      });
    } catch (thrown) {
      const code = thrown instanceof AttemptRefused ? EXIT_CODES.superseded : EXIT_CODES.unreachable;
      return end(code, `What became of the task could not be reported: ${(thrown as Error).message}`);
    }
    if (error) announce(`Task failed: ${error.name}: ${error.message}`);
    if (request.status === "succeeded" || request.caught) return end(EXIT_CODES.done);
    end(isInterrupted ? EXIT_CODES.terminated : isLast ? EXIT_CODES.failedForGood : EXIT_CODES.failed);
  };

  process.on("SIGTERM", () => {
    console.log("The container was told to end (SIGTERM).");
    isInterrupted = true;
    running?.stop();
    setTimeout(
      () => void finish(interruptedReport(process.env, process.uptime() - waitSeconds)),
      FAREWELL_MILLISECONDS,
    );
  });
  process.on("uncaughtException", (thrown) => void finish({ status: "failed", error: taskError(thrown) }));
  process.on("exit", (code) => {
    if (isEnding) return;
    console.log(`The step ended its process with exit code ${code}.`);
    // Neither may it look done, nor as if it said that nobody shall try again.
    if (code === 0 || String(code).startsWith(FINAL_EXIT)) process.exitCode = EXIT_CODES.exited;
  });

  const work = async () => {
    const module = (await import(pathToFileURL(booted.flowModule).href)) as object;
    const definition = findFlow(module, booted.flow);
    const task: RemoteTask = { ...booted, last: isLast };
    setInterval(() => {
      void client.heartbeat().then(
        ({ alive }) => {
          if (alive) return;
          isOver = true;
          running?.stop();
        },
        () => {},
      );
    }, HEARTBEAT_MILLISECONDS);
    if (waitSeconds > 0) {
      console.log(`Waiting ${Math.ceil(waitSeconds)} s before the retry.`);
      await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1000));
      if (isOver) return { status: "stopped" } as const;
    }
    announce("Task is starting.");
    running = runRemoteTask(definition, task, client);
    return running.report;
  };
  work().then(finish, (thrown: unknown) => finish({ status: "failed", error: taskError(thrown) }));
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
