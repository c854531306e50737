/** All that `millrace run` takes, as one file of CommonJS with a copy of everything: its errors are printed by its own copy. */
export { run, runHelp } from "./run.ts";
export { reportFailure } from "./failure.ts";
