import { describeSchedule } from "../graph/schedule.ts";
import { printableLines } from "../graph/printable.ts";
import { createClient } from "../sdk/client/client.ts";
import { accountProfile } from "../sdk/client/profiles.ts";
import { userName } from "../sdk/client/user-name.ts";
import type { AuthorizeFlags } from "./flags.ts";
import { shownToken } from "./shown-token.ts";

/** Keeps a deployed flow's schedules from starting runs. */
export function pause(flow: string, flags: AuthorizeFlags): Promise<number> {
  return setPaused(flow, flags, true);
}

/** Lets a deployed flow's schedules start runs again. */
export function unpause(flow: string, flags: AuthorizeFlags): Promise<number> {
  return setPaused(flow, flags, false);
}

async function setPaused(flow: string, flags: AuthorizeFlags, paused: boolean): Promise<number> {
  const client = createClient(accountProfile());
  const { schedules } = await client.pauseFlow(flow, { user: userName(), token: shownToken(flags), paused });
  const first = paused
    ? `${flow} is paused: until it is unpaused, nothing starts it but millrace trigger.`
    : `${flow} is no longer paused.${schedules.length === 0 ? " It has no schedule." : " What starts it:"}`;
  const lines = paused ? [first] : [first, ...schedules.map((one) => `    the schedule ${describeSchedule(one)}`)];
  process.stdout.write(`${printableLines(lines.join("\n"))}\n`);
  return 0;
}
