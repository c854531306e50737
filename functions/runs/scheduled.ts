import type { ScheduledStart } from "../../aws/scheduler/schedules.ts";
import type { Run } from "../../store/ledger/ledger.ts";
import { triggerRun, type Starting } from "./trigger.ts";

/** Hexadecimal digits at the end of a schedule's name, by which it is known from the flow's others. */
const DIGITS = 16;

/**
 * Starts the run that a schedule's time calls for: one for each time and schedule, however often it is called for; none while the
 * flow is paused, also where the call was made before that.
 */
export async function startScheduled(
  starting: Starting,
  { schedule: { flow, name: schedule, time, input = {} } }: ScheduledStart,
): Promise<Run | undefined> {
  if ((await starting.registry.read(flow))?.paused) return undefined;
  const parts = ["schedule", ...(schedule === undefined ? [] : [schedule.slice(-DIGITS)]), time];
  const name = parts
    .join("-")
    .replaceAll(/[^A-Za-z0-9]/g, "-")
    .slice(0, 80);
  return triggerRun(starting, flow, { engine: "service", parameters: input, tags: [], user: "schedule", name });
}
