import { MillraceError } from "../../graph/errors.ts";

/** The failures that the Amazon States Language names itself. Others come from what a Task called. */
export type StatesError =
  | "States.DataLimitExceeded"
  | "States.ExceedToleratedFailureThreshold"
  | "States.HeartbeatTimeout"
  | "States.IntrinsicFailure"
  | "States.ItemReaderFailed"
  | "States.NoChoiceMatched"
  | "States.ParameterPathFailure"
  | "States.ResultPathMatchFailure"
  | "States.Runtime"
  | "States.TaskFailed"
  | "States.Timeout";

/**
 * A state has failed: `error` is the name that Retry and Catch compare, `cause` is for people. An integration throws it
 * to say how its task failed; whatever else it throws is a bug and comes out of `execute` as it is.
 */
export class TaskFailure extends Error {
  override readonly name = "TaskFailure";
  readonly error: string;
  override readonly cause: string;
  /** A second name that Retry and Catch may know it by. */
  readonly alias: string | undefined;

  constructor(error: string, cause: string, alias?: string) {
    super(cause === "" ? error : `${error}: ${cause}`);
    this.error = error;
    this.cause = cause;
    this.alias = alias;
  }
}

/** A state could not be carried out, for what its own definition says; nothing that it called has failed. */
export class StateFailure extends TaskFailure {}

/** Thrown inside a branch whose execution, Map or Parallel is over: it unwinds, and nothing reports it. */
export class Aborted extends Error {
  override readonly name = "Aborted";
}

/** A failure under one of the language's own names. */
export function failure(error: StatesError, cause: string): TaskFailure {
  return new TaskFailure(error, cause);
}

/** A failure of a state's own definition: the cause will begin with the state's name, as AWS's does. */
export function stateFailure(error: StatesError, cause: string): StateFailure {
  return new StateFailure(error, cause);
}

/** The failure as Step Functions tells it: with the state's name, where the state is to blame, told once. */
export function located(thrown: unknown, { state, entered }: { state: string; entered: number | undefined }): unknown {
  if (!(thrown instanceof StateFailure)) return thrown;
  const since = entered === undefined ? "" : ` (entered at the event id #${entered})`;
  return new TaskFailure(
    thrown.error,
    `An error occurred while executing the state '${state}'${since}. ${thrown.cause}`,
  );
}

/** A definition that Step Functions would refuse; prepareMachine adds which state it is in. */
export function invalidMachine(message: string): MillraceError {
  return new MillraceError("machine.invalid", message, {
    hint: "Change the state machine's definition.",
  });
}

/**
 * Whether a Retry's or Catch's `ErrorEquals` covers an error. `aliases` are other names of it, as States.BranchFailed is
 * for whatever ended a Parallel. Source: AWS Step Functions, "Handling errors": States.Runtime ends the execution in any
 * case, States.TaskFailed leaves out timeouts and States.DataLimitExceeded, and a missed heartbeat is a timeout too. The
 * same page says that States.ALL leaves out States.DataLimitExceeded; executions in AWS show that it does not.
 */
export function errorMatches(
  errorEquals: readonly string[],
  error: string,
  ...aliases: readonly (string | undefined)[]
): boolean {
  if (error === "States.Runtime") return false;
  return errorEquals.some((name) => {
    if (name === error || name === "States.ALL" || aliases.includes(name)) return true;
    const timeout = error === "States.Timeout" || error === "States.HeartbeatTimeout";
    if (name === "States.Timeout") return timeout;
    return name === "States.TaskFailed" && !timeout && error !== "States.DataLimitExceeded";
  });
}
