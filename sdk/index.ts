/** What `import … from "millrace"` offers. */
export * from "./authoring.ts";
export { run, type RunEvent, type RunOptions } from "./run.ts";
export type { FlowResult, TaskResult } from "./results.ts";
