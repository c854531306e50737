import { CommanderError } from "commander";
import { silenceAwsSdk } from "./aws-sdk.ts";
import { createProgram } from "./program.ts";

/** Runs one command line to its end and answers its exit code: 0, 1 for a failed run, 2 for a mistake, 70 for a bug of ours. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    if (args[0] !== "run") silenceAwsSdk();
    let code = 0;
    const program = createProgram((result) => (code = result));
    await program.parseAsync(args.length > 0 ? args : ["--help"], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { reportFailure } = await import("./failure.ts");
    return reportFailure(error);
  }
}
