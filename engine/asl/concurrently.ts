import { linkAbort } from "./abort.ts";

/**
 * Runs `work` for 0 up to `count`, at most `concurrency` at once, by as many loops. The first to throw aborts the signal
 * that all were given and is what this throws, without waiting for the others: whatever becomes of them is ignored.
 * The signal also fires when `parent` does.
 */
export async function runConcurrently(
  count: number,
  concurrency: number,
  parent: AbortSignal,
  work: (index: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, abort, release } = linkAbort(parent);
  let next = 0;
  const loop = async () => {
    while (next < count && !signal.aborted) {
      const index = next;
      next += 1;
      await work(index, signal);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(count, concurrency) }, loop));
  } catch (error) {
    abort(error);
    throw error;
  } finally {
    release();
  }
}
