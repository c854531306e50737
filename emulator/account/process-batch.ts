import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { DescribedJob } from "../../aws/batch/described-job.ts";
import { parseRunName } from "../../graph/run-name.ts";
import { arrayChildIndex, TASK_ENVIRONMENT } from "../../statemachines/contract/contract.ts";
import { EXIT_CODES, FINAL_EXIT } from "../../statemachines/contract/exit-codes.ts";
import type { WatchedBatch } from "./job-watcher.ts";
import { newLogStream } from "../log-stream.ts";
import { exitCodeOf, startTaskProcess, type TaskProcess } from "./task-process.ts";
import type { AccountClient, AccountRun } from "./world.ts";

type SubmitJobRequest = Parameters<WatchedBatch["submit"]>[0];

/** A job, or an array's child, and what became of it so far. */
interface BatchTask {
  readonly id: string;
  readonly step: string;
  readonly index: string;
  attempts: NonNullable<DescribedJob["attempts"]>;
  status: "RUNNABLE" | "RUNNING" | "SUCCEEDED" | "FAILED";
  process: TaskProcess | undefined;
  isTerminated: boolean;
}

type Environment = Readonly<Record<string, string>>;

/** For tests: AWS Batch whose containers are processes of this machine, with the runtime that they have there. */
export function processBatch(
  client: AccountClient,
  local: AccountRun["local"],
): WatchedBatch & { ended(): Promise<void> } {
  const jobs = new Map<string, readonly BatchTask[]>();
  const running = new Set<Promise<void>>();

  async function carryOut(task: BatchTask, request: SubmitJobRequest, environment: Environment): Promise<void> {
    const { attempts = 1 } = request.retryStrategy ?? {};
    for (let number = 1; number <= attempts; number++) {
      const startedAt = Date.now();
      const exitCode = await attempt({ client, ...local }, task, { number, environment }).catch(
        () => EXIT_CODES.refused,
      );
      task.attempts = [...task.attempts, { startedAt, stoppedAt: Date.now(), container: { exitCode } }];
      if (exitCode === EXIT_CODES.done) return void (task.status = "SUCCEEDED");
      if (task.isTerminated || String(exitCode).startsWith(FINAL_EXIT)) break;
    }
    task.status = "FAILED";
  }

  return {
    async submit(request) {
      const id = randomUUID();
      const pairs = request.containerOverrides?.environment ?? [];
      const env = Object.fromEntries(pairs.map(({ name, value }) => [name!, value!]));
      const place = env[TASK_ENVIRONMENT.index]!;
      const task = (one: string, index: string): BatchTask => {
        const step = env[TASK_ENVIRONMENT.step]!;
        return { id: one, step, index, attempts: [], status: "RUNNABLE", process: undefined, isTerminated: false };
      };
      const size = request.arrayProperties?.size;
      // The flows of these tests have no array within another foreach.
      const children = Array.from({ length: size ?? 0 }, (_, at) => task(`${id}:${at}`, arrayChildIndex(place, 0, at)));
      jobs.set(id, size === undefined ? [task(id, place)] : children);
      for (const one of jobs.get(id)!) {
        const work = carryOut(one, request, env).finally(() => running.delete(work));
        running.add(work);
      }
      return id;
    },
    async describeJobs(ids) {
      return ids.flatMap((id) => {
        const tasks = jobs.get(id.split(":")[0]!) ?? [];
        const task = tasks.find((one) => one.id === id);
        return task ? [{ jobId: id, status: task.status, attempts: task.attempts }] : [arrayOf(id, tasks)];
      });
    },
    async terminate(id) {
      for (const task of jobs.get(id) ?? []) {
        task.isTerminated = true;
        task.process?.stop();
      }
    },
    describeQueues: async () => ({ queues: [], environments: [] }),
    close: () => {},
    async ended() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

/** An array as Batch describes it: over once all of its children are, and failed where one of them has. */
function arrayOf(jobId: string, tasks: readonly BatchTask[]): DescribedJob {
  const statusSummary: Record<string, number> = {};
  for (const { status } of tasks) statusSummary[status] = (statusSummary[status] ?? 0) + 1;
  const { SUCCEEDED = 0, FAILED = 0 } = statusSummary;
  const isOver = SUCCEEDED + FAILED === tasks.length;
  const status = !isOver ? "PENDING" : FAILED > 0 ? "FAILED" : "SUCCEEDED";
  return { jobId, status, arrayProperties: { size: tasks.length, statusSummary } };
}

async function attempt(
  { client, api, runtime, flowModule, root, logs, env }: AccountRun["local"] & { readonly client: AccountClient },
  task: BatchTask,
  { number, environment }: { readonly number: number; readonly environment: Environment },
): Promise<number> {
  const key = parseRunName(environment[TASK_ENVIRONMENT.run]!);
  const { step, index, id } = task;
  const proof = environment[TASK_ENVIRONMENT.startProof]!;
  const started = await client.own.startTask(key, { step, index, by: `${id}#${number}`, proof });
  if (started.state === "done") return EXIT_CODES.done;
  if (task.isTerminated) return EXIT_CODES.terminated;
  task.process = startTaskProcess({
    runtime,
    booted: { ...key, step, index, api, started, root, flowModule },
    env: { ...env, ...environment, AWS_BATCH_JOB_ATTEMPT: String(number) },
    logFile: join(logs, newLogStream()),
    onLine: () => {},
  });
  task.status = "RUNNING";
  return exitCodeOf(await task.process.ended);
}
