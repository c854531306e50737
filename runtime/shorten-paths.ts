import type { TaskError } from "../graph/task-error.ts";

/** Paths as they were beside the flow, for the folder that the code was unpacked into means nothing to anybody. */
export function shortenPaths(error: TaskError, root: string): TaskError {
  const shorten = (text: string) => text.replaceAll(`${root}/`, "");
  return {
    ...error,
    ...(error.source !== undefined && { source: shorten(error.source) }),
    ...(error.stack !== undefined && { stack: shorten(error.stack) }),
  };
}
