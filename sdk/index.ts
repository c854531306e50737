/** What `import … from "millrace"` offers. */
export * from "./authoring.ts";
export { run, type RunEvent, type RunOptions } from "./run.ts";
export {
  register,
  trigger,
  type Registered,
  type RegisterOptions,
  type TriggeredRun,
  type TriggerOptions,
} from "./account.ts";
export type { FlowResult, TaskResult } from "./client/results.ts";
