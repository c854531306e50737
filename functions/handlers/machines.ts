import { openDynamoRegistry } from "../../store/registry/dynamodb/dynamodb-registry.ts";
import { openStepFunctions } from "../../aws/step-functions/step-functions-machines.ts";
import { openAccount } from "./account.ts";
import { openNames } from "./names.ts";
import { numberSetting, setting } from "./setting.ts";

/** The flows' machines, and where it is kept which there are. */
export function openMachines() {
  return {
    areFlowsShared: process.env["MILLRACE_SHARED_FLOWS"] === "on",
    registry: openDynamoRegistry(setting("MILLRACE_TABLE")),
    machines: openStepFunctions({
      names: openNames(),
      arnPrefix: setting("MILLRACE_STATES_ARN"),
      roleArn: setting("MILLRACE_MACHINE_ROLE"),
    }),
  };
}

/** What starting and ending runs takes. */
export function openRuns() {
  return { ...openAccount(), ...openMachines(), runsAtOnce: numberSetting("MILLRACE_RUNS_AT_ONCE") };
}
