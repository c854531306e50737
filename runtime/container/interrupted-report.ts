import type { FinishTaskRequest } from "../../functions/api/contract.ts";
import { TASK_ENVIRONMENT, TIMEOUT_GRACE_SECONDS } from "../../statemachines/contract/contract.ts";

/**
 * Why a container is asked to end (SIGTERM), as far as it can be known in there: its job is out of time; or its machine is
 * taken back, which is what mostly happens in an environment of Spot machines; or somebody terminated the job. What AWS
 * Batch says of it afterwards is what counts.
 */
export function interruptedReport(env: NodeJS.ProcessEnv, upSeconds: number): FinishTaskRequest {
  return { status: "failed", error: errorOf(env, upSeconds) };
}

function errorOf(env: NodeJS.ProcessEnv, upSeconds: number): { readonly name: string; readonly message: string } {
  const timeoutSeconds = env[TASK_ENVIRONMENT.timeoutSeconds];
  if (timeoutSeconds !== undefined && upSeconds >= Number(timeoutSeconds) + TIMEOUT_GRACE_SECONDS - 5)
    return { name: "Timeout", message: "the container was told to end: its job had taken longer than its timeout" };
  const places = [env["AWS_BATCH_CE_NAME"], env["AWS_BATCH_JQ_NAME"]];
  if (places.some((name) => /spot/i.test(name ?? "")))
    return {
      name: "Interrupted",
      message: "the container was told to end: as it runs on Spot, its machine was most likely taken back",
    };
  return {
    name: "Interrupted",
    message: "the container was told to end: its job was terminated, or its machine was taken out of service",
  };
}
