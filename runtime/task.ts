import type { Definition } from "../sdk/language/definition.ts";
import { MillraceError } from "../graph/errors.ts";
import { lineageOf } from "../graph/lineage.ts";
import { parseIndex } from "../graph/task-index.ts";
import { parseDuration } from "../graph/units.ts";
import type { Manifest } from "../store/artifacts/manifest.ts";
import type { Control } from "../graph/control-value.ts";
import type { TaskError } from "../graph/task-error.ts";
import { packOutcome, type Blobs } from "../tasks/outcome.ts";
import type { BranchInputs } from "../tasks/start.ts";
import { ForeachBranches, openArtifacts } from "../store/artifacts/open-artifacts.ts";
import { taskError } from "./task-error.ts";

/** One attempt of one task, with all that it begins with. */
export interface Task extends TaskOfPage, PageOfTasks {}

/** What tasks that were started together share. */
export interface PageOfTasks {
  readonly flow: string;
  readonly run: number;
  readonly step: string;
  readonly tags: readonly string[];
  /** What the run began with. */
  readonly parameters: Manifest;
}

export interface TaskOfPage {
  readonly index: string;
  /** From 1. */
  readonly attempt: number;
  /** No further attempt follows: its failure is caught where the step says so. */
  readonly last: boolean;
  readonly base: Manifest;
  /** The foreach elements of this task alone. */
  readonly items: Manifest;
  readonly branches?: BranchInputs;
}

/** What became of an attempt. `own` are the artifacts that come on top of those it began with, its items included. */
export type TaskOutcome =
  | { readonly status: "succeeded"; readonly own: Manifest; readonly controls: readonly Control[] }
  | { readonly status: "failed" | "stopped"; readonly error: TaskError; readonly caught?: undefined }
  | {
      readonly status: "failed";
      readonly error: TaskError;
      readonly caught: true;
      readonly own: Manifest;
      readonly controls: readonly Control[];
    };

export interface RunningTask {
  readonly outcome: Promise<TaskOutcome>;
  /** Fires the signal that the handler sees; its outcome will be "stopped". */
  stop(): void;
}

/** How long a handler may take to put things away after its signal has fired. */
export const GRACE_MILLISECONDS = 2_000;

/** What an attempt is carried out with. */
interface Execution {
  readonly definition: Definition;
  readonly task: Task;
  readonly blobs: Blobs;
}

/** Calls a step's handler and packs what it returns. Never rejects because of what the handler does. */
export function runTask(definition: Definition, task: Task, blobs: Blobs): RunningTask {
  let controller: AbortController | undefined;
  let interrupted: { error: TaskError; status: "failed" | "stopped" } | undefined;
  let giveUp: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;

  const signal = () => {
    controller ??= new AbortController();
    if (interrupted && !controller.signal.aborted) controller.abort(abortReason(interrupted.error));
    return controller.signal;
  };
  const interrupt = (status: "failed" | "stopped", error: TaskError) => {
    if (interrupted) return;
    interrupted = { status, error };
    controller?.abort(abortReason(error));
    timer = setTimeout(() => giveUp?.(), GRACE_MILLISECONDS);
  };

  const { options } = stepOf(definition, task.step).node;
  const timeoutSeconds = options.timeout === undefined ? undefined : parseDuration(options.timeout);
  if (timeoutSeconds !== undefined) {
    timer = setTimeout(
      () =>
        interrupt("failed", {
          name: "Timeout",
          message: `the step took longer than its timeout of ${options.timeout}`,
        }),
      Math.min(timeoutSeconds * 1000, 2 ** 31 - 1),
    );
  }

  const work = async (): Promise<TaskOutcome> => {
    const execution: Execution = { definition, task, blobs };
    try {
      const running = call(execution, signal);
      // Only what may be interrupted needs a second promise to race with; the stop signal makes it when it comes.
      const values = await (running instanceof Promise
        ? Promise.race([
            running,
            new Promise<undefined>((resolve) => {
              giveUp = () => resolve(undefined);
            }),
          ])
        : running);
      if (interrupted) return await ended(execution, interrupted);
      return { status: "succeeded", ...leave(execution, values) };
    } catch (error) {
      return await ended(execution, interrupted ?? { status: "failed", error: taskError(error) });
    } finally {
      clearTimeout(timer);
    }
  };
  return { outcome: work(), stop: () => interrupt("stopped", { name: "Stopped", message: "the run was stopped" }) };
}

function stepOf(definition: Definition, step: string) {
  const place = lineageOf(definition.graph).steps.get(step);
  if (!place) throw new Error(`flow ${definition.graph.name} has no step ${step}`);
  return place;
}

function call({ definition, task, blobs }: Execution, signal: () => AbortSignal): unknown {
  const { read } = blobs;
  const handler = definition.handlers.get(task.step)!;
  const artifacts = openArtifacts(read, task.base, task.items);
  const { depth } = stepOf(definition, task.step);
  let parameters: object | undefined;
  const context = {
    flow: task.flow,
    run: task.run,
    step: task.step,
    task: `${task.flow}/${task.run}/${task.step}/${task.index}`,
    index: parseIndex(task.index, depth),
    attempt: task.attempt,
    tags: task.tags,
    get signal() {
      return signal();
    },
    get parameters() {
      return (parameters ??= openArtifacts(read, task.parameters));
    },
  };
  const { branches } = task;
  if (!branches) return handler(artifacts, context);
  if (branches.type === "foreach") return handler(new ForeachBranches(branches.manifests, blobs), artifacts, context);
  const named = Object.fromEntries(
    branches.names.map((name, i) => [name, openArtifacts(read, branches.manifests[i]!)]),
  );
  return handler(named, artifacts, context);
}

/** Packs what a handler returned, with the control values that the machine will ask for. */
function leave(execution: Execution, returned: unknown): { own: Manifest; controls: Control[] } {
  const { options } = stepOf(execution.definition, execution.task.step).node;
  const values = { ...artifactsOf(returned), ...(options.catch && { failure: undefined }) };
  return settle(execution, values);
}

function settle({ definition, task, blobs }: Execution, values: Record<string, unknown>) {
  const { depth } = stepOf(definition, task.step);
  const lineage = lineageOf(definition.graph);
  const before = { ...task.base, ...task.items };
  return packOutcome({ lineage, after: task.step, index: parseIndex(task.index, depth), before, values }, blobs);
}

function artifactsOf(returned: unknown): Record<string, unknown> {
  if (returned === undefined || returned === null) return {};
  const prototype: unknown = typeof returned === "object" ? Object.getPrototypeOf(returned) : undefined;
  if (typeof returned === "object" && (prototype === Object.prototype || prototype === null))
    return returned as Record<string, unknown>;
  const what = Array.isArray(returned)
    ? "an array"
    : typeof returned === "object"
      ? `an instance of ${returned.constructor?.name ?? "a class"}`
      : `a ${typeof returned}`;
  throw new MillraceError("step.returned", `the step returned ${what}`, {
    hint: "Return an object whose properties are the artifacts, such as { result }.",
  });
}

/** The outcome of an attempt that failed; caught where the step says so and no further attempt follows. */
async function ended(
  execution: Execution,
  { status, error }: { status: "failed" | "stopped"; error: TaskError },
): Promise<TaskOutcome> {
  const { definition, task } = execution;
  const { options } = stepOf(definition, task.step).node;
  if (status === "stopped" || !options.catch || !task.last) return { status, error };
  const failure = { name: error.name, message: error.message };
  try {
    return { status: "failed", error, caught: true, ...settle(execution, { failure }) };
  } catch (thrown) {
    return { status: "failed", error: taskError(thrown) };
  }
}

function abortReason({ name, message }: TaskError): DOMException {
  return new DOMException(message, name === "Timeout" ? "TimeoutError" : "AbortError");
}
