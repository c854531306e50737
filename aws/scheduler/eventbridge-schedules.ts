import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  SchedulerClient,
  type SchedulerClientConfig,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { MillraceError } from "../../graph/errors.ts";
import { accountError } from "../account-error.ts";
import type { ScheduledStart, Schedules } from "./schedules.ts";

export interface ScheduleOptions {
  readonly group: string;
  /** The dispatch function. */
  readonly targetArn: string;
  /** What EventBridge Scheduler invokes it as. */
  readonly roleArn: string;
  /** Where a start goes that could not be delivered. */
  readonly deadLetterArn: string;
  readonly client?: SchedulerClientConfig;
}

/** Schedules of Amazon EventBridge Scheduler, in one group; each has its flow's name. Throws MillraceError `account.*`. */
export function openSchedules({
  group,
  targetArn,
  roleArn,
  deadLetterArn,
  client: config,
}: ScheduleOptions): Schedules {
  const client = new SchedulerClient({ maxAttempts: 8, ...config });
  return {
    async put(flow, expression) {
      // Scheduler puts the time in the place of the attribute.
      const input: ScheduledStart = { schedule: { flow, time: "<aws.scheduler.scheduled-time>" } };
      const schedule = {
        Name: flow,
        GroupName: group,
        ScheduleExpression: expression,
        FlexibleTimeWindow: { Mode: "OFF" as const },
        Target: {
          Arn: targetArn,
          RoleArn: roleArn,
          Input: JSON.stringify(input),
          DeadLetterConfig: { Arn: deadLetterArn },
          RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
        },
      };
      try {
        try {
          await client.send(new UpdateScheduleCommand(schedule));
        } catch (error) {
          if (!(error instanceof ResourceNotFoundException)) throw error;
          await client.send(new CreateScheduleCommand(schedule));
        }
      } catch (error) {
        if (error instanceof Error && error.name === "ValidationException") {
          throw new MillraceError("schedule.refused", `EventBridge does not take its schedule: ${error.message}`, {
            where: { flow },
            hint: 'Write one such as "cron(0 6 * * ? *)" or "rate(1 hour)".',
            cause: error,
          });
        }
        throw accountError(error, "its schedules");
      }
    },
    async remove(flow) {
      try {
        await client.send(new DeleteScheduleCommand({ Name: flow, GroupName: group }));
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw accountError(error, "its schedules");
      }
    },
  };
}
