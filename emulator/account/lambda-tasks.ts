import type { Functions } from "../../aws/lambda/functions.ts";
import { TaskFailure } from "../../engine/asl/errors.ts";
import type { TaskEvent } from "../../engine/world.ts";
import type { Json, JsonObject } from "../../graph/graph.ts";
import type { TaskKey } from "../../graph/task-key.ts";
import type { RunnerRequest } from "../../statemachines/contract/contract.ts";
import type { Attempt } from "../../store/ledger/ledger.ts";
import { serviceFailure } from "./service-failure.ts";

/** What Lambda itself says in a function's log. */
const PLATFORM = /^(INIT_START|START|END|REPORT) |^XRAY /;

/** Lambda itself was busy or broken, which the machine waits for: the step's own code has not run. */
const SERVICE = /^Lambda\.(TooManyRequestsException|ServiceException|AWSLambdaException|SdkClientException)$/;

/** Characters of a failure's cause. Step Functions API reference, "TaskFailedEventDetails". */
const LONGEST_CAUSE = 32_768;

export interface LambdaTasksOptions {
  readonly functions: Functions;
  readonly emit: (event: TaskEvent) => void;
  readonly readAttempts: (task: TaskKey) => Promise<readonly Attempt[]>;
  /** Whether a failure of the step's may be caught: then success is not taken for granted. */
  readonly isCaught: (step: string) => boolean;
}

/** Carries out the short steps of a run by the account's runner function; that one is tried again by the machine. */
export class LambdaTasks {
  readonly #options: LambdaTasksOptions;
  readonly #tries = new Map<string, number>();
  readonly #begun = new Set<string>();

  constructor(options: LambdaTasksOptions) {
    this.#options = options;
  }

  /**
   * Answers what the function answers, and throws TaskFailure where it failed. Where `signal` fires no more is emitted of
   * it than that it was stopped, and it ends by itself.
   */
  async run(name: string, request: RunnerRequest, signal: AbortSignal): Promise<Json> {
    const { emit } = this.#options;
    const { step, index } = request;
    const task = `${step}/${index}`;
    const attempt = (this.#tries.get(task) ?? 0) + 1;
    this.#tries.set(task, attempt);
    const at = Date.now();
    const ofTask = { step, index, attempt } as const;
    const seconds = () => (Date.now() - at) / 1000;
    if (!this.#begun.has(`${task}/${attempt}`)) emit({ type: "task.started", ...ofTask });
    this.#begun.add(`${task}/${attempt}`);
    const stopped = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
    );
    try {
      const answer = await Promise.race([this.#invoke(name, { request, attempt }, signal), stopped]);
      const said = this.#options.isCaught(step) ? await this.#newest(step, index) : undefined;
      const caught = said?.caught === true && { caught: true, ...(said.error && { error: said.error }) };
      emit({
        type: "task.finished",
        ...ofTask,
        status: caught ? "failed" : "succeeded",
        seconds: seconds(),
        ...caught,
      });
      return answer;
    } catch (thrown) {
      if (signal.aborted) {
        emit({ type: "task.finished", ...ofTask, status: "stopped", seconds: seconds() });
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
      const again = attempt < request.attempts && { retryInSeconds: 0 };
      emit({ type: "task.finished", ...ofTask, status: "failed", seconds: seconds(), error, ...again });
      throw thrown;
    }
  }

  async #invoke(
    name: string,
    { request, attempt }: { readonly request: RunnerRequest; readonly attempt: number },
    signal: AbortSignal,
  ): Promise<Json> {
    const { functions, emit } = this.#options;
    const { step, index } = request;
    const { text, log, hasFailed } = await functions.invoke(name, request as never as JsonObject).catch((thrown) => {
      throw serviceFailure("Lambda", thrown, ["account.busy", "account.unreachable"]);
    });
    if (!signal.aborted)
      for (const line of log?.split("\n") ?? [])
        if (line !== "" && !PLATFORM.test(line)) emit({ type: "task.output", step, index, attempt, text: line });
    if (!hasFailed) return text === "" ? null : (JSON.parse(text) as Json);
    const { errorType = "Lambda.Unknown" } = JSON.parse(text || "{}") as { errorType?: string };
    throw new TaskFailure(errorType, text.slice(0, LONGEST_CAUSE));
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
