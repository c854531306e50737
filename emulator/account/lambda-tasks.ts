import type { Attempt } from "../../store/ledger/ledger.ts";
import type { TaskKey } from "../../graph/task-key.ts";
import type { Json, JsonObject } from "../../graph/graph.ts";
import type { RunnerRequest } from "../../statemachines/contract/contract.ts";
import { TaskFailure } from "../../engine/asl/errors.ts";
import type { JobResult } from "../open-jobs.ts";
import type { TaskHappening } from "./job-teller.ts";
import type { Functions } from "./lambda-functions.ts";

/** What Lambda itself says in a function's log. */
const PLATFORM = /^(INIT_START|START|END|REPORT) |^XRAY /;

/** Lambda itself was busy or broken, which the machine waits for: the step's own code has not run. */
const SERVICE = /^Lambda\.(TooManyRequestsException|ServiceException|AWSLambdaException|SdkClientException)$/;

export interface LambdaTasksOptions {
  readonly functions: Functions;
  readonly tell: (event: TaskHappening) => void;
  readonly readAttempts: (task: TaskKey) => Promise<readonly Attempt[]>;
  /** Whether a failure of the step's may be caught: then success is not taken for granted. */
  readonly isCaught: (step: string) => boolean;
}

/** Carries out the short steps of a run by the account's runner function; that one is tried again by the machine. */
export class LambdaTasks {
  readonly counts = { succeeded: 0, failed: 0, stopped: 0 };
  readonly #options: LambdaTasksOptions;
  readonly #tries = new Map<string, number>();
  readonly #begun = new Set<string>();

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
    if (!this.#begun.has(`${task}/${attempt}`)) tell({ type: "task.started", ...ofTask });
    this.#begun.add(`${task}/${attempt}`);
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
      const said = this.#options.isCaught(step) ? await this.#newest(step, index) : undefined;
      const caught = said?.caught === true && { caught: true, ...(said.error && { error: said.error }) };
      const status = caught ? "failed" : "succeeded";
      this.counts[status]++;
      tell({ type: "task.finished", ...ofTask, status, seconds: seconds(), ...caught });
      return answer;
    } catch (thrown) {
      if (signal.aborted) {
        this.counts.stopped++;
        tell({ type: "task.finished", ...ofTask, status: "stopped", seconds: seconds() });
        throw thrown;
      }
      if (!(thrown instanceof TaskFailure)) throw thrown;
      if (SERVICE.test(thrown.error)) {
        this.#tries.set(task, attempt - 1);
        throw thrown;
      }
      const said = await this.#newest(step, index);
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

  async #newest(step: string, index: string): Promise<Attempt | undefined> {
    return (await this.#options.readAttempts({ step, index }).catch(() => [])).at(-1);
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
