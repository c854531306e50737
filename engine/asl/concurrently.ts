import { concurrently, upTo } from "../../graph/concurrently.ts";
import { linkAbort } from "./abort.ts";

/**
 * Runs `work` for 0 up to `count`, at most `concurrency` at once, by as many loops. The first to throw aborts the signal
 * that all were given and is what this throws, without waiting for the others: whatever becomes of them is ignored.
 * The signal also fires when `parent` does.
 */
export async function runConcurrently(
  { count, concurrency }: { readonly count: number; readonly concurrency: number },
  parent: AbortSignal,
  work: (index: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, abort, release } = linkAbort(parent);
  function* turns() {
    for (const index of upTo(count)) {
      if (signal.aborted) return;
      yield index;
    }
  }
  try {
    await concurrently(concurrency, turns(), (index) => work(index, signal));
  } catch (error) {
    abort(error);
    throw error;
  } finally {
    release();
  }
}
