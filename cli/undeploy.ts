import { createClient } from "../sdk/client/client.ts";
import { accountProfile } from "../sdk/client/profiles.ts";
import { userName } from "../sdk/client/user-name.ts";
import type { AuthorizeFlags } from "./flags.ts";
import { shownToken } from "./shown-token.ts";

/** Removes a deployed flow: its machine and what triggers it. Its runs stay, and can be read. */
export async function undeploy(flow: string, flags: AuthorizeFlags): Promise<number> {
  await createClient(accountProfile()).removeFlow(flow, { user: userName(), token: shownToken(flags) });
  process.stdout.write(`${flow} is no longer deployed. Its runs can still be read.\n`);
  return 0;
}
