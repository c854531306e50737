import { loadFlow } from "../emulator/load-flow.ts";
import { mistakesError } from "../graph/mistake.ts";
import { compile } from "../statemachines/compile.ts";
import { offlineResources } from "../statemachines/resources.ts";
import { lineageOf } from "../graph/lineage.ts";
import { MillraceError } from "../graph/errors.ts";
import type { Graph } from "../graph/graph.ts";
import { describeSchedule, schedulesOf } from "../graph/schedule.ts";
import { wallClockAt } from "../graph/wall-clock.ts";
import { checkScheduleInputs } from "../functions/deploy/check-schedule-inputs.ts";
import { formatCount } from "./output/words.ts";
import type { JsonFlag } from "./flags.ts";

/** Finds every mistake in a flow without running it: 0 where there is none, else 2. With `--json`, a line a mistake. */
export async function check(target: string, { json }: JsonFlag): Promise<number> {
  const { graph, mistakes } = await loadFlow(target, {});
  if (json && mistakes.length > 0) {
    for (const mistake of mistakes) process.stdout.write(`${JSON.stringify({ flow: graph.name, ...mistake })}\n`);
    return 2;
  }
  if (mistakes.length > 0) throw mistakesError("graph.invalid", mistakes);
  try {
    compile(graph, offlineResources);
    checkScheduleInputs(graph);
  } catch (error) {
    if (!(error instanceof MillraceError) || !json) throw error;
    const { code, detail: message, where, hint } = error;
    process.stdout.write(`${JSON.stringify({ flow: graph.name, code, message, where, hint })}\n`);
    return 2;
  }
  if (json) return 0;
  process.stdout.write(`${graph.name}: ${formatCount(lineageOf(graph).steps.size, "step")}, no mistakes.\n`);
  for (const line of await scheduleLines(graph)) process.stdout.write(`${line}\n`);
  return 0;
}

const SHOWN_FIRINGS = 5;

/** Each schedule with the times that it starts a run next, by its own clocks. */
async function scheduleLines(graph: Graph): Promise<string[]> {
  const schedules = schedulesOf(graph);
  if (schedules.length === 0) return [];
  // What goes by time zones and calendars is wanted nowhere else.
  const { nextFirings } = await import("../graph/firings.ts");
  return schedules.flatMap((one) => {
    const times = nextFirings(one, Date.now(), SHOWN_FIRINGS);
    const isAnchored = one.startAt !== undefined || !one.expression.startsWith("rate(");
    return [
      `schedule ${describeSchedule(one)}${isAnchored ? "" : ", from its deployment on; now that would be"}`,
      ...times.map((time) => `    ${formatWallClock(time, one.timezone)}`),
      ...(times.length < SHOWN_FIRINGS ? [times.length === 0 ? "    never again" : "    and never again"] : []),
    ];
  });
}

function formatWallClock(time: number, timezone: string): string {
  const shown = new Date(wallClockAt(time, timezone)).toISOString();
  return `${DAYS[new Date(shown).getUTCDay()]} ${shown.slice(0, 16).replace("T", " ")} ${timezone}`;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
