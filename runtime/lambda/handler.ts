import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunnerAnswer, RunnerRequest } from "../../statemachines/contract/contract.ts";
import { RUNNER_CODE, RUNNER_ENVIRONMENT } from "../../statemachines/contract/runner-function.ts";
import { digestOfFolder } from "./digest-of-folder.ts";
import { runStep, type Invocation } from "./lambda-runner.ts";

/** What the code was before any step ran in this process. */
let digest: string | undefined;

/**
 * The handler of a flow's own function, whose code package lies beside it: carries out one attempt of a step whose compute
 * is "lambda". Lambda gives a process one invocation after the other, all of them this flow's; a task finds nothing in
 * /tmp that one before it left, and code as it was deployed.
 */
export async function handler(request: RunnerRequest, invocation: Invocation): Promise<RunnerAnswer> {
  const root = setting("LAMBDA_TASK_ROOT");
  const folder = join(root, RUNNER_CODE.folder);
  if (digest === undefined) {
    digest = digestOfFolder(root);
  } else {
    emptyTemporaryFolder();
    if (digestOfFolder(root) !== digest) endProcess();
  }
  const api = { url: setting(RUNNER_ENVIRONMENT.api), region: setting("AWS_REGION") };
  const own = setting(RUNNER_ENVIRONMENT.code);
  const code = ({ hash }: { readonly hash: string }) => {
    if (hash === own) return { root, folder };
    throw new Error(`the run is of the code package ${hash}, and this function has ${own}: deploy the flow again`);
  };
  return runStep({ api, code }, request, invocation);
}

/** In AWS nothing can write where the code is; the next process has it as it was deployed. */
function endProcess(): never {
  console.error("A step has changed the flow's code; this process ends.");
  process.exit(1);
}

/** Nobody's but this process's, in a function of Lambda alone. */
function emptyTemporaryFolder(): void {
  if (process.env["AWS_EXECUTION_ENV"]?.startsWith("AWS_Lambda_") !== true) return;
  const folder = tmpdir();
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
}

function setting(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`the function's environment has no ${name}`);
}
