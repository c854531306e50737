/** What a task's container says by its exit code. Anything but `done` lets Batch try again while attempts are left. */
export const EXIT_CODES = {
  /** The task is finished: it succeeded, failed and was caught, or had finished before. */
  done: 0,
  failed: 1,
  /** The handler, or what it loaded, ended the process. */
  exited: 70,
  /** The API or the store could not be reached, or did not answer as they should. */
  unreachable: 69,
  /** The code package is not the one that it should be. */
  damagedCode: 65,
  /** The attempt was given up before it reported: another has taken its place, or the run is over. */
  refused: 76,
  /** The container was asked to end: 128 + SIGTERM. */
  terminated: 143,
} as const;
