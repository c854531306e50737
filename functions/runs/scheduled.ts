import type { ScheduledStart } from "../../aws/scheduler/schedules.ts";
import type { Run } from "../../store/ledger/ledger.ts";
import { triggerRun, type Starting } from "./trigger.ts";

/** Starts the run that a schedule's time calls for: one for each time, however often it is called for. */
export function startScheduled(starting: Starting, { schedule: { flow, time } }: ScheduledStart): Promise<Run> {
  const name = `schedule-${time.replaceAll(/[^A-Za-z0-9]/g, "-")}`.slice(0, 80);
  return triggerRun(starting, flow, { engine: "service", parameters: {}, tags: [], user: "schedule", name });
}
