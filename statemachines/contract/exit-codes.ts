/**
 * What a task's container says by its exit code. Anything but `done` and those that begin with FINAL_EXIT lets Batch try
 * again while the job has attempts left.
 */
export const EXIT_CODES = {
  /** The task is finished: it succeeded, failed and was caught, or had finished before. */
  done: 0,
  /** The attempt failed, and the step has another. */
  failed: 1,
  /** The handler, or what it loaded, ended the process. */
  exited: 70,
  /** The API or the store could not be reached, or did not answer as they should. */
  unreachable: 69,
  /** The code package is not the one that it should be. */
  damagedCode: 65,
  /** What the attempt left counts no more: another has taken its place, and may have done its work. */
  superseded: 76,
  /** The container was asked to end: 128 + SIGTERM. */
  terminated: 143,
  /** The attempt failed, and the step has no other. */
  failedForGood: 80,
  /** The attempt may not begin: the step has used up its own, or the run is over. */
  refused: 86,
} as const;

/** What the exit codes after which Batch shall not try again begin with, as its patterns want it. */
export const FINAL_EXIT = "8";
