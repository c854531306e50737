import type { TaskError } from "../../graph/task-error.ts";

/** No more than this many bytes (UTF-8) of an error's message, and as many of its stack, are kept. */
export const ERROR_TEXT_BYTES = 64 * 1024;

/** The error as a ledger keeps it: a handler may put megabytes into a message, and every list would carry them. */
export function boundedError(error: TaskError): TaskError {
  const { message, stack } = error;
  if (message.length + (stack?.length ?? 0) <= ERROR_TEXT_BYTES / 3) return error;
  return { ...error, message: cut(message), ...(stack === undefined ? {} : { stack: cut(stack) }) };
}

function cut(text: string): string {
  if (Buffer.byteLength(text) <= ERROR_TEXT_BYTES) return text;
  const room = ERROR_TEXT_BYTES - Buffer.byteLength(CUT);
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(room));
  return text.slice(0, read) + CUT;
}

const CUT = "\n… (cut)";
