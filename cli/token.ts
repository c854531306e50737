import { createClient } from "../sdk/client/client.ts";
import { accountProfile } from "../sdk/client/profiles.ts";
import { userName } from "../sdk/client/user-name.ts";
import type { TokenFlags } from "./flags.ts";
import { shownToken } from "./shown-token.ts";

/** Makes the production token of a deployed flow anew. */
export async function rotate(flow: string, flags: TokenFlags): Promise<number> {
  const who = { user: userName(), token: shownToken(flags) };
  const token = await createClient(accountProfile()).rotateToken(flow, who);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ flow, token })}\n`
      : `${flow} has a new production token. It is shown this once: keep it. The one before is refused from now on.\n    ${token}\n`,
  );
  return 0;
}
