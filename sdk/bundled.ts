/** What a flow's file gets of this package inside a code package: what flows are written with, and no engine. */
import { MillraceError } from "../graph/errors.ts";

export * from "./authoring.ts";

/** A task is run by the engine; it can't start runs in its own process. */
export const run = () => refuse("run");
/** Nor are flows deployed or started from the code that is deployed. */
export const register = () => refuse("register");
export const trigger = () => refuse("trigger");

function refuse(name: string): never {
  throw new MillraceError("run.inTask", `${name}() was called while a flow's file was imported, or from a task`, {
    hint: `Call ${name}() from a program of its own, not from the module that exports the flow.`,
  });
}
