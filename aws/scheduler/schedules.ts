/** What starts deployed flows by the clock: one schedule a flow at most. */
export interface Schedules {
  /** `expression` is EventBridge's: `cron(0 6 * * ? *)` or `rate(1 hour)`. Throws MillraceError `schedule.refused`. */
  put(flow: string, expression: string): Promise<void>;
  /** That there is none is no mistake. */
  remove(flow: string): Promise<void>;
}

/** What the dispatch function gets when a schedule's time has come. */
export interface ScheduledStart {
  readonly schedule: { readonly flow: string; /** The time it was due, ISO 8601. */ readonly time: string };
}
