import { CommanderError } from "commander";
import { silenceAwsSdk } from "./aws-sdk.ts";
import { createProgram } from "./program.ts";

/**
 * Runs one command line to its end and answers its exit code: 0, 1 for a failed run, 2 for a mistake, 70 for a bug of ours.
 * `loadRun` loads what `millrace run` takes.
 */
export async function main(args: readonly string[], loadRun: () => typeof import("./run-module.ts")): Promise<number> {
  try {
    if (args[0] !== "run") silenceAwsSdk();
    let code = 0;
    const program = createProgram((result) => (code = result), loadRun);
    await program.parseAsync(args.length > 0 ? args : ["--help"], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    // By the copy of the program that threw it.
    const { reportFailure } = args[0] === "run" ? loadRun() : await import("./failure.ts");
    return reportFailure(error, { json: args.includes("--json") });
  }
}
