import type { Blobs } from "./outcome.ts";
import { controlAt, packOutcome } from "./outcome.ts";
import { controlInputs, stepInputs, whole, type RunScope } from "./inputs.ts";
import { formatIndex, parseIndex } from "../graph/task-index.ts";
import type { Attempt } from "../store/ledger/ledger.ts";
import type { Control, ControlKey } from "../graph/control-value.ts";
import type { TaskError } from "../graph/task-error.ts";

/**
 * What a state machine asks of the bookkeeping function: the value of a control node that nobody wrote down before,
 * and that a step's failure be recorded as caught, so that the flow goes on with the artifact `failure`.
 */

/** The value of the control node at its index; written down as well, so that those who come after find it. */
export async function answerControl(scope: RunScope, blobs: Blobs, asked: ControlKey): Promise<Control> {
  const manifest = whole(await controlInputs(scope, asked.node, asked.index));
  const control = controlAt(scope.lineage, asked, { manifest, blobs });
  await blobs.written?.();
  await scope.ledger.writeControls(scope.key, [control]);
  return control;
}

/** Which tasks failed: the one at `index`, or the children `offset` to `offset + width` of the foreach at `index`. */
export interface CaughtFailure {
  readonly step: string;
  readonly index: string;
  readonly width?: number;
  readonly offset?: number;
  readonly error: Pick<TaskError, "name" | "message">;
}

/** Records each of the tasks that failed, or never came to report, as caught: the flow goes on with what it knows. */
export async function recordFailure(
  scope: RunScope,
  blobs: Blobs,
  { step, index, width, offset = 0, error, at: now }: CaughtFailure & { readonly at: number },
): Promise<void> {
  const { depth } = scope.lineage.steps.get(step)!;
  const parent = width === undefined ? [] : parseIndex(index, depth - 1);
  const indices =
    width === undefined ? [index] : Array.from({ length: width }, (_, i) => formatIndex([...parent, offset + i]));
  const attempts = await scope.ledger.readTasks(
    scope.key,
    indices.map((at) => ({ step, index: at })),
  );
  const failed = indices.flatMap((at, i) => (hasFinished(attempts[i]) ? [] : [{ at, attempt: attempts[i] }]));
  if (failed.length === 0) return;
  const inputs = await stepInputs(
    scope,
    step,
    failed.map(({ at }) => at),
  );
  const begun = await scope.ledger.startAttempts(
    scope.key,
    failed.map(({ at }) => ({ step, index: at, at: now, by: "bookkeeping" })),
  );
  const ends = failed.flatMap(({ at, attempt }, i) => {
    const answer = begun[i]!;
    if (answer.state === "done") return [];
    const why = attempt?.error ?? error;
    const values = { failure: { name: why.name, message: why.message } };
    const before = whole(inputs[i]!);
    const { own, controls } = packOutcome(
      { lineage: scope.lineage, after: step, index: parseIndex(at, depth), before, values },
      blobs,
    );
    return [
      {
        step,
        index: at,
        attempt: answer.attempt,
        at: now,
        status: "failed" as const,
        caught: true,
        error: why,
        manifest: { ...before, ...own },
        controls,
        ...(attempt?.log && { log: attempt.log }),
      },
    ];
  });
  await blobs.written?.();
  await scope.ledger.finishAttempts(scope.key, ends);
}

function hasFinished(attempt: Attempt | undefined): boolean {
  return attempt !== undefined && (attempt.status === "succeeded" || attempt.caught === true);
}
