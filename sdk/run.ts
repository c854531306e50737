import { resolve } from "node:path";
import type { RunOptions } from "../emulator/run-options.ts";
import { MillraceError } from "../graph/errors.ts";
import { definitionOf } from "./language/definition.ts";
import type { AnyFlow, ParametersOf } from "./language/language.ts";
import type { FlowResult } from "./client/results.ts";

export type { RunEvent } from "../engine/events.ts";
export type { RunOptions } from "../emulator/run-options.ts";

/**
 * Runs a flow from this machine, as the command `millrace run` does: in worker processes, with the same ledger and
 * artifacts; while an account's profile is in use, with these in the account and each step where it says. The flow is given as the value that a module exports, or as `FILE` or `FILE#name`. Resolves however the run
 * ends, with its status and every task's artifacts; throws MillraceError for whatever keeps it from beginning.
 *
 *     const result = await run(stats, { top: 3 });
 *     console.log(result.status, result.artifacts("end").table);
 */
export async function run<F extends AnyFlow>(
  flow: F,
  ...args: Record<string, never> extends ParametersOf<F>
    ? [parameters?: ParametersOf<F>, options?: RunOptions]
    : [parameters: ParametersOf<F>, options?: RunOptions]
): Promise<FlowResult<F>>;
export async function run(
  file: string,
  parameters?: Readonly<Record<string, unknown>>,
  options?: RunOptions,
): Promise<FlowResult<AnyFlow>>;
export async function run(
  flow: AnyFlow | string,
  parameters: object = {},
  options: RunOptions = {},
): Promise<FlowResult<AnyFlow>> {
  const { runAndRead } = await import("../emulator/run.ts");
  const target = typeof flow === "string" ? flow : moduleOf(flow);
  return runAndRead(target, { ...options, parameters: { ...parameters } });
}

/** Where worker processes find a flow that this program holds as a value. */
function moduleOf(flow: AnyFlow): { file: string; flow: string } {
  const { file } = definitionOf(flow);
  const where = { flow: flow.name };
  if (file === undefined) {
    throw new MillraceError("flow.noModule", "it is not known which module made it", {
      where,
      hint: "Give run() the path of the flow's file.",
    });
  }
  if (process.argv[1] !== undefined && resolve(process.argv[1]) === file) {
    throw new MillraceError(
      "flow.inProgram",
      "it is made in the program that runs it, which worker processes would run again",
      {
        where: { ...where, source: file },
        hint: "Export the flow from a module of its own and import it here.",
      },
    );
  }
  return { file, flow: flow.name };
}
