import type { Json } from "../../graph/graph.ts";
import type { Catcher, ErrorHandling, Retrier } from "../../statemachines/asl.ts";
import { Aborted, StateFailure, TaskFailure, errorMatches, invalidMachine, located } from "./errors.ts";
import type { Frame, RunState } from "./execution.ts";
import { emit } from "./execution.ts";
import { prepareAssign, prepareResultPath } from "./input-output.ts";

interface Wrapping {
  /** A second name for whatever the attempt failed with. */
  readonly alias?: string;
  /** Told of a failure, not of the state's own, that is not tried again. */
  readonly failed?: (frame: Frame, error: TaskFailure) => void;
}

interface Guarded extends ErrorHandling {
  readonly Next?: string;
}

/**
 * A state that may fail, with its Retry and Catch around it. Each retrier counts its own attempts; the first that
 * covers an error decides, and once it is used up the first catcher that covers the error takes over.
 */
export function prepareErrorHandling(
  state: Guarded,
  attempt: (input: Json, frame: Frame) => Promise<Json>,
  { alias, failed }: Wrapping = {},
): RunState {
  const next = state.Next;
  const retriers = state.Retry ?? [];
  const catchers = (state.Catch ?? []).map((catcher) => ({
    ...catcher,
    place: prepareResultPath(catcher.ResultPath),
    assign: prepareAssign(catcher),
  }));
  checkErrorNames(retriers);
  checkErrorNames(catchers);
  if (retriers.length === 0 && catchers.length === 0 && failed === undefined) {
    return async (input, frame) => ({ next, output: await attempt(input, frame) });
  }
  return async (input, frame) => {
    const used = retriers.map(() => 0);
    for (;;) {
      try {
        return { next, output: await attempt(input, frame) };
      } catch (thrown) {
        const error = located(thrown, frame);
        if (!(error instanceof TaskFailure)) throw error;
        if (frame.scope.signal.aborted) throw new Aborted();
        const which = retriers.findIndex((retrier) =>
          errorMatches(retrier.ErrorEquals, error.error, error.alias, alias),
        );
        const retrier = retriers[which];
        if (retrier !== undefined && used[which]! < (retrier.MaxAttempts ?? 3)) {
          await waitForRetry({ retrier, earlier: used[which]! }, error, frame);
          used[which]! += 1;
          continue;
        }
        if (!(thrown instanceof StateFailure)) failed?.(frame, error);
        const catcher = catchers.find(({ ErrorEquals }) => errorMatches(ErrorEquals, error.error, error.alias, alias));
        if (catcher === undefined) throw error;
        const caught = { Error: error.error, Cause: error.cause };
        frame.assigned = undefined;
        catcher.assign(caught, frame);
        return { next: catcher.Next, output: catcher.place(input, caught, frame) };
      }
    }
  };
}

/** How long to wait before a retry; `earlier` is how many this retrier has had already. */
export function delayBeforeRetry(retrier: Retrier, earlier: number, random: () => number): number {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Infinity } = retrier;
  const delay = Math.min(IntervalSeconds * BackoffRate ** earlier, MaxDelaySeconds);
  return retrier.JitterStrategy === "FULL" ? random() * delay : delay;
}

async function waitForRetry(
  { retrier, earlier }: { readonly retrier: Retrier; readonly earlier: number },
  error: TaskFailure,
  frame: Frame,
): Promise<void> {
  const { execution, signal } = frame.scope;
  const delaySeconds = delayBeforeRetry(retrier, earlier, execution.random);
  frame.retries += 1;
  if (frame.scope.line) emit(frame, { type: "RetryScheduled", error: error.error, retry: frame.retries, delaySeconds });
  if (delaySeconds > 0) await execution.clock.sleep(delaySeconds * 1000, signal);
  if (signal.aborted) throw new Aborted();
  execution.transitions += 1;
}

/** The specification: States.ALL stands alone in its list, and in the last of the retriers or catchers. */
function checkErrorNames(rules: readonly (Retrier | Catcher)[]): void {
  rules.forEach(({ ErrorEquals }, index) => {
    if (ErrorEquals.length === 0) throw invalidMachine("ErrorEquals must name an error.");
    if (!ErrorEquals.includes("States.ALL")) return;
    if (ErrorEquals.length > 1) throw invalidMachine("States.ALL must stand alone in ErrorEquals.");
    if (index < rules.length - 1) throw invalidMachine("States.ALL must be in the last retrier or catcher.");
  });
}
