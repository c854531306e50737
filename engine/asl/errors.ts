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

  constructor(error: string, cause: string) {
    super(cause === "" ? error : `${error}: ${cause}`);
    this.error = error;
    this.cause = cause;
  }
}

/** Thrown inside a branch whose execution, Map or Parallel is over: it unwinds, and nothing reports it. */
export class Aborted extends Error {
  override readonly name = "Aborted";
}

/** A failure under one of the language's own names. */
export function failure(error: StatesError, cause: string): TaskFailure {
  return new TaskFailure(error, cause);
}

/** A definition that Step Functions would refuse; prepareMachine adds which state it is in. */
export function invalidMachine(message: string): MillraceError {
  return new MillraceError("machine.invalid", message, {
    mend: "Change the state machine's definition.",
  });
}

/**
 * Whether a Retry's or Catch's `ErrorEquals` covers an error. `alias` is a second name of it, as States.BranchFailed is
 * for whatever ended a Parallel. Source: AWS Step Functions, "Handling errors": States.Runtime ends the execution in any
 * case, States.ALL leaves out States.DataLimitExceeded, States.TaskFailed leaves out timeouts as well, and a missed
 * heartbeat is a timeout too.
 */
export function errorMatches(errorEquals: readonly string[], error: string, alias?: string): boolean {
  if (error === "States.Runtime") return false;
  return errorEquals.some((name) => {
    if (name === error || name === alias) return true;
    if (name === "States.ALL") return error !== "States.DataLimitExceeded";
    const timeout = error === "States.Timeout" || error === "States.HeartbeatTimeout";
    if (name === "States.Timeout") return timeout;
    return name === "States.TaskFailed" && !timeout && error !== "States.DataLimitExceeded";
  });
}
