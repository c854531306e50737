import { createClient } from "../sdk/client/client.ts";
import { accountProfile } from "../sdk/client/profiles.ts";
import { userName } from "../sdk/client/user-name.ts";
import { MillraceError } from "../graph/errors.ts";
import type { AuthorizeFlags } from "./flags.ts";
import { parsePathspec } from "./pathspec.ts";
import { shownToken } from "./shown-token.ts";

/** Stops a run in the account: its execution and the jobs that it waits for. */
export async function stop(text: string, flags: AuthorizeFlags): Promise<number> {
  const { flow, run, step } = parsePathspec(text);
  if (run === undefined || step !== undefined) {
    throw new MillraceError("pathspec.invalid", `"${text}" names no run`, {
      hint: `Write Flow/run, such as ${flow}/${run ?? 42}.`,
    });
  }
  const isStopped = await createClient(accountProfile()).stopRun(
    { flow, run },
    { user: userName(), token: shownToken(flags) },
  );
  process.stdout.write(isStopped ? `${flow}/${run} is being stopped.\n` : `${flow}/${run} had ended before.\n`);
  return 0;
}
