import type { TaskError } from "../graph/task-error.ts";
import type { WorkerEnding } from "./worker-process.ts";

/** What to say of a task whose process ended before the task did. */
export function endingError(
  ending: WorkerEnding,
  killedFor: "timeout" | "stop" | undefined,
  output: string,
): TaskError {
  if (killedFor === "stop") return { name: "Stopped", message: "the run was stopped" };
  if (killedFor === "timeout") {
    return {
      name: "Timeout",
      message: "the step took longer than its timeout and did not heed its signal; its process was killed",
    };
  }
  const { code, signal } = ending;
  if (/heap out of memory|Array buffer allocation failed/.test(output)) {
    return { name: "OutOfMemory", message: "the step's process ran out of memory" };
  }
  switch (signal) {
    case "SIGKILL":
      return {
        name: "WorkerDied",
        message: "the step's process was killed (SIGKILL); the system does that when memory runs out",
      };
    case "SIGSEGV":
    case "SIGBUS":
    case "SIGILL":
    case "SIGABRT":
    case "SIGTRAP":
    case "SIGFPE":
      return { name: "WorkerDied", message: `the step's process crashed (${signal}); native code is the usual cause` };
    case null:
      return {
        name: "WorkerDied",
        message: `the step's process ended with exit code ${code} before the step had returned; a step ends by returning, not by process.exit`,
      };
    default:
      return { name: "WorkerDied", message: `the step's process was ended by ${signal}` };
  }
}
