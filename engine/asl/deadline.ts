import type { Json } from "../../graph/graph.ts";
import { linkAbort } from "./abort.ts";
import { TaskFailure, failure } from "./errors.ts";
import type { Frame } from "./execution.ts";

/** How long a task may take, and how long it may be silent. */
export interface Limits {
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
}

type Call = (signal: AbortSignal, heartbeat: () => void) => Promise<Json>;

/**
 * Calls a task within its limits: once one is passed the task's signal fires and the answer is States.Timeout with no cause,
 * as AWS tells of either limit, whatever becomes of the task. A task without limits shares its scope's signal.
 */
export function callWithin({ timeoutSeconds, heartbeatSeconds }: Limits, frame: Frame, call: Call): Promise<Json> {
  const { execution, signal: parent } = frame.scope;
  if (timeoutSeconds === undefined && heartbeatSeconds === undefined) return call(parent, ignore);
  const { clock } = execution;
  const task = linkAbort(parent);
  const timers = linkAbort(task.signal);
  let heardAt = clock.now();

  return new Promise<Json>((resolve, reject) => {
    const expire = (expired: TaskFailure) => {
      task.abort(expired);
      reject(expired);
    };
    /** Expires the task once `limit` has passed since the time that `since` tells at that moment. */
    const watch = async (limit: number, since: () => number, expired: () => TaskFailure) => {
      for (let left = limit; left > 0; left = since() + limit - clock.now()) {
        await clock.sleep(left, timers.signal);
        if (timers.signal.aborted) return;
      }
      expire(expired());
    };
    if (timeoutSeconds !== undefined) {
      const startedAt = heardAt;
      void watch(
        timeoutSeconds * 1000,
        () => startedAt,
        () => failure("States.Timeout", ""),
      );
    }
    if (heartbeatSeconds !== undefined) {
      void watch(
        heartbeatSeconds * 1000,
        () => heardAt,
        () => new TaskFailure("States.Timeout", "", "States.HeartbeatTimeout"),
      );
    }
    call(task.signal, () => {
      heardAt = clock.now();
    }).then(resolve, reject);
  }).finally(() => {
    // A reason of its own, since the default one is an error with a stack: dear for every task that ends well.
    timers.abort("over");
    task.release();
  });
}

function ignore(): void {}
