/** What a flow's file gets of this package inside a code package: what flows are written with, and no engine. */
import { MillraceError } from "./errors.ts";

export * from "./authoring.ts";

/** A task is run by the engine; it can't start runs in its own process. */
export function run(): never {
  throw new MillraceError("run.inTask", "run() was called while a flow's file was imported, or from a task", {
    mend: "Call run() from a program of its own, not from the module that exports the flow.",
  });
}
