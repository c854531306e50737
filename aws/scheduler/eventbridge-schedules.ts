import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  SchedulerClient,
  type SchedulerClientConfig,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { MillraceError } from "../../graph/errors.ts";
import type { TimedStart } from "../../graph/schedule.ts";
import type { StackNames } from "../../statemachines/stack-names.ts";
import { accountError } from "../account-error.ts";
import { boundsAt } from "./bounds.ts";
import type { ScheduledStart, Schedules } from "./schedules.ts";

export interface ScheduleOptions {
  readonly names: Pick<StackNames, "schedule">;
  readonly group: string;
  /** The dispatch function. */
  readonly targetArn: string;
  /** What EventBridge Scheduler invokes it as. */
  readonly roleArn: string;
  /** Where a start goes that could not be delivered. */
  readonly deadLetterArn: string;
  readonly client?: SchedulerClientConfig;
  readonly now?: () => number;
}

/** Schedules of Amazon EventBridge Scheduler, in one group. Throws MillraceError `account.*`. */
export function openSchedules(options: ScheduleOptions): Schedules {
  const { names, group: GroupName, client: config, now = Date.now } = options;
  const client = new SchedulerClient({ maxAttempts: 8, ...config });

  async function put(flow: string, input: CreateScheduleCommandInput): Promise<void> {
    try {
      try {
        await client.send(new UpdateScheduleCommand(input));
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
        await client.send(new CreateScheduleCommand(input));
      }
    } catch (error) {
      if (error instanceof Error && error.name === "ValidationException") {
        const message = `EventBridge Scheduler does not take ${input.ScheduleExpression}: ${error.message}`;
        throw new MillraceError("schedule.refused", message, {
          where: { flow },
          hint: 'Write one such as "cron(0 6 * * ? *)" or "rate(1 hour)".',
          cause: error,
        });
      }
      throw accountError(error, "its schedules");
    }
  }

  async function remove(Name: string): Promise<void> {
    try {
      await client.send(new DeleteScheduleCommand({ Name, GroupName }));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw accountError(error, "its schedules");
    }
  }

  const namesOf = (flow: string, schedules: readonly TimedStart[]) => {
    const whats = schedules.map(({ expression, timezone, input }) => JSON.stringify([expression, timezone, input]));
    return whats.map((what, at) =>
      names.schedule(flow, `${what} ${whats.slice(0, at).filter((x) => x === what).length}`),
    );
  };
  return {
    namesOf,
    async keep(flow, { schedules, isPaused, known }) {
      const standing = new Set<string>();
      for (const [at, name] of namesOf(flow, schedules).entries()) {
        const schedule = schedules[at]!;
        const bounds = boundsAt(now(), schedule);
        // One that is over is none: EventBridge Scheduler would refuse it.
        if (bounds === "over") continue;
        standing.add(name);
        await put(flow, {
          ...requestOf(schedule, { ...options, flow, name }),
          ...bounds,
          State: isPaused ? "DISABLED" : "ENABLED",
        });
      }
      for (const name of known) if (!standing.has(name)) await remove(name);
    },
  };
}

function requestOf(
  { expression, timezone, jitterMinutes, input }: TimedStart,
  { flow, name, ...options }: ScheduleOptions & { readonly flow: string; readonly name: string },
): CreateScheduleCommandInput {
  // Scheduler puts the time in the place of the attribute.
  const start: ScheduledStart = {
    schedule: { flow, name, time: "<aws.scheduler.scheduled-time>", ...(input !== undefined && { input }) },
  };
  return {
    Name: name,
    GroupName: options.group,
    ScheduleExpression: expression,
    ScheduleExpressionTimezone: timezone,
    FlexibleTimeWindow:
      jitterMinutes === undefined ? { Mode: "OFF" } : { Mode: "FLEXIBLE", MaximumWindowInMinutes: jitterMinutes },
    Target: {
      Arn: options.targetArn,
      RoleArn: options.roleArn,
      Input: JSON.stringify(start),
      DeadLetterConfig: { Arn: options.deadLetterArn },
      RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
    },
  };
}
