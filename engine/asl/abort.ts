import { setMaxListeners } from "node:events";

/** A signal that fires on its own account or when its parent's does. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Lets go of the parent. */
  release(): void;
}

export function linkAbort(parent: AbortSignal | undefined): LinkedAbort {
  const controller = new AbortController();
  const { signal } = controller;
  // Every task of a wide Map may listen to one signal; that is no leak.
  setMaxListeners(0, signal);
  const abort = () => controller.abort(parent?.reason);
  if (parent?.aborted) abort();
  else parent?.addEventListener("abort", abort);
  return {
    signal,
    abort: (reason) => controller.abort(reason),
    release: () => parent?.removeEventListener("abort", abort),
  };
}
