import { MillraceError } from "../../graph/errors.ts";
import type { TaskKey } from "../../graph/task-key.ts";
import { arrayIndexOf, startProof } from "../../statemachines/contract/start-proof.ts";
import type { RunAndSecret } from "../../store/ledger/ledger.ts";
import { isSameSecret } from "./is-same-secret.ts";

/**
 * Throws MillraceError `proof.invalid` unless the run's own machine has given out what is shown: for this task, or for the
 * array job whose child it is. Of a run without a secret no task is begun: it is from before there were proofs, and its
 * machine has none to give.
 */
export function checkStartProof(
  { run, secret }: RunAndSecret,
  { step, index }: TaskKey,
  proof: string | undefined,
): void {
  if (secret === undefined)
    throw new MillraceError("proof.invalid", `run ${run.run} was made by an earlier Millrace, and goes on no further`, {
      where: { flow: run.flow, step },
      hint: "Deploy the flow again and start a new run.",
    });
  const isOwn = isSameSecret(proof ?? "", startProof(secret, step, index));
  const isOfArray = isSameSecret(proof ?? "", startProof(secret, step, arrayIndexOf(index)));
  if (isOwn || isOfArray) return;
  throw new MillraceError(
    "proof.invalid",
    `nobody may begin the task ${step}/${index} but the run's own state machine`,
    {
      where: { flow: run.flow, step },
      hint: "Where the flow was deployed by an earlier Millrace, deploy it again.",
    },
  );
}
