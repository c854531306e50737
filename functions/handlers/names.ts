import { stackNames, type StackNames } from "../../statemachines/stack-names.ts";
import { setting } from "./setting.ts";

/** The names of what this deployment makes in its account. */
export function openNames(): StackNames {
  return stackNames({ stack: setting("MILLRACE_STACK"), stage: setting("MILLRACE_STAGE") });
}
