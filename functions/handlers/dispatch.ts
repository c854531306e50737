import { formatError, MillraceError } from "../../graph/errors.ts";
import { openBatchJobs } from "../../aws/batch/describe.ts";
import { executionEnded, type ExecutionEnded } from "../runs/end.ts";
import type { ScheduledStart } from "../../aws/scheduler/schedules.ts";
import { startScheduled } from "../runs/scheduled.ts";
import { openRuns } from "./machines.ts";

const runs = { ...openRuns(), jobs: openBatchJobs() };

/** What EventBridge tells of an execution. */
interface StatusChange {
  readonly "detail-type": "Step Functions Execution Status Change";
  readonly detail: ExecutionEnded;
}

/** What reaches the deployment by itself: ends of executions, and the clock. What throws comes again, then is a dead letter. */
export async function handler(event: StatusChange | ScheduledStart): Promise<void> {
  try {
    if ("schedule" in event) await startScheduled(runs, event);
    else await executionEnded(runs, event.detail);
  } catch (error) {
    // Of an error a dead letter tells the name and the message alone.
    throw error instanceof MillraceError ? new Error(formatError(error), { cause: error }) : error;
  }
}
