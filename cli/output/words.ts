import type { JobStatus, LoopBound, RunEvent, TaskFinished } from "../../engine/events.ts";
import { printable } from "../../graph/printable.ts";
import type { TaskError } from "../../graph/task-error.ts";

/** `850 ms`, `12.3 s`, `4 min 5 s`, `2 h 3 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `512 B`, `1.5 KiB`, `4.0 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}

/** `1 task`, `3,200 tasks`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** `2026-01-31 12:03:04`, in the reader's own time. */
export function formatTime(at: number): string {
  const local = at - new Date(at).getTimezoneOffset() * 60_000;
  return new Date(local).toISOString().slice(0, 19).replace("T", " ");
}

/** An error on one line, with the author's own line where it is known: `TypeError: x is not a function (flow.ts:3:4)`. */
export function formatTaskError({ name, message, source }: TaskError): string {
  const [first = ""] = message.split("\n", 1);
  return printable(`${name}${first && `: ${first}`}${source ? ` (${source})` : ""}`);
}

/** Whose line it is: `[42/compute/3 (pid 7)]`; of a task elsewhere its place alone, since its jobs are shown by themselves. */
export function formatTaskPlace({ run, step, index, pid }: Extract<RunEvent, { attempt: number }>): string {
  return `[${run}/${step}/${index}${pid === undefined ? "" : ` (pid ${pid})`}]`;
}

/** `[42/compute/3] [JOB-ID] Task is starting (status RUNNABLE)...`; undefined for an end, which the tasks say. */
export function describeJob({ run, step, index, job, status, size, reason }: JobStatus): string | undefined {
  if (status === "SUCCEEDED" || status === "FAILED") return undefined;
  const place = size === undefined ? `${run}/${step}/${index}` : `${run}/${step}`;
  const what = size === undefined ? "Task is" : `${formatCount(size, "task")} are`;
  return `[${place}] [${job}] ${what} starting (status ${status})...${reason === undefined ? "" : ` ${printable(reason)}`}`;
}

/** What a task's end is called in a run's output. */
export function describeEnd({ status, error, retryInSeconds, attempt, caught }: TaskFinished): string {
  if (status === "succeeded") return "Task finished successfully.";
  if (status === "stopped") return "Task was stopped.";
  const text = `Task failed${error ? `: ${formatTaskError(error)}` : "."}`;
  if (retryInSeconds !== undefined)
    return `${text}; attempt ${attempt + 1} follows${retryInSeconds > 0 ? ` in ${formatSeconds(retryInSeconds)}` : ""}.`;
  return caught ? `${text}; it is caught, the flow goes on.` : text;
}

export function describeBound({ loop, max }: LoopBound): string {
  return `${loop} ended after ${max} rounds, its maximum, with its condition still true.`;
}
