import type { RunnerRequest } from "../../statemachines/contract/contract.ts";
import { runStep, type Invocation } from "../../runtime/lambda/lambda-runner.ts";
import { setting } from "./setting.ts";

const api = { url: setting("MILLRACE_API"), region: setting("AWS_REGION") };

/** Carries out one attempt of a step whose compute is "lambda". */
export function handler(request: RunnerRequest, invocation: Invocation) {
  return runStep(api, request, invocation);
}
