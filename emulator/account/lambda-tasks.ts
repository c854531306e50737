import type { Attempt, TaskKey } from "../../functions/ledger/ledger.ts";
import type { Json, JsonObject } from "../../sdk/graph/graph.ts";
import type { RunnerRequest } from "../../statemachines/contract.ts";
import { TaskFailure } from "../asl/errors.ts";
import type { JobResult } from "../open-jobs.ts";
import type { TaskHappening } from "./job-teller.ts";
import type { Functions } from "./lambda-functions.ts";

/** What Lambda itself says in a function's log. */
const PLATFORM = /^(INIT_START|START|END|REPORT) |^XRAY /;

export interface LambdaTasksOptions {
  readonly functions: Functions;
  readonly tell: (event: TaskHappening) => void;
  readonly readAttempts: (task: TaskKey) => Promise<readonly Attempt[]>;
}

/** Carries out the short steps of a run by the account's runner function; that one is tried again by the machine. */
export class LambdaTasks {
  readonly counts = { succeeded: 0, failed: 0, stopped: 0 };
  readonly #options: LambdaTasksOptions;
  readonly #tries = new Map<string, number>();

  constructor(options: LambdaTasksOptions) {
    this.#options = options;
  }

  /** Answers what the function answers; where `signal` fires nothing more is told of it, and it ends by itself. */
  async run(
    name: string,
    request: RunnerRequest,
    signal: AbortSignal,
    onFailed: (task: JobResult[number] & { readonly step: string }) => void,
  ): Promise<Json> {
    const { functions, tell } = this.#options;
    const { step, index } = request;
    const task = `${step}/${index}`;
    const attempt = (this.#tries.get(task) ?? 0) + 1;
    this.#tries.set(task, attempt);
    const at = Date.now();
    const ofTask = { step, index, attempt } as const;
    const seconds = () => (Date.now() - at) / 1000;
    tell({ type: "task.started", ...ofTask });
    const output = (log: string) => {
      if (signal.aborted) return;
      for (const text of log.split("\n"))
        if (text !== "" && !PLATFORM.test(text)) tell({ type: "task.output", ...ofTask, text });
    };
    const stopped = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
    );
    try {
      const answer = await Promise.race([functions.invoke(name, request as never as JsonObject, output), stopped]);
      this.counts.succeeded++;
      tell({ type: "task.finished", ...ofTask, status: "succeeded", seconds: seconds() });
      return answer;
    } catch (thrown) {
      if (signal.aborted) {
        this.counts.stopped++;
        tell({ type: "task.finished", ...ofTask, status: "stopped", seconds: seconds() });
        throw thrown;
      }
      if (!(thrown instanceof TaskFailure)) throw thrown;
      const said = (await this.#options.readAttempts({ step, index }).catch(() => [])).at(-1);
      const error =
        said?.status === "failed" && said.error ? said.error : { name: thrown.error, message: messageOf(thrown.cause) };
      const again = attempt < request.attempts;
      if (!again) {
        this.counts.failed++;
        onFailed({ step, index, attempt, error });
      }
      const more = again && { retryInSeconds: 0 };
      tell({ type: "task.finished", ...ofTask, status: "failed", seconds: seconds(), error, ...more });
      throw thrown;
    }
  }
}

function messageOf(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: string };
    if (typeof errorMessage === "string") return errorMessage;
  } catch {
    // It is a text, then.
  }
  return cause;
}
