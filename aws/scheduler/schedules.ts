import type { JsonObject } from "../../graph/graph.ts";
import type { TimedStart } from "../../graph/schedule.ts";

/** What starts deployed flows by the clock. */
export interface Schedules {
  /** The name of each: it stays as long as when it starts the flow, and with what, stay as they are. */
  namesOf(flow: string, schedules: readonly TimedStart[]): readonly string[];
  /**
   * Makes a flow's schedules stand as they are given, and takes away what else there is by a known name. Throws
   * MillraceError `schedule.refused`.
   */
  keep(flow: string, kept: KeptSchedules): Promise<void>;
}

export interface KeptSchedules {
  readonly schedules: readonly TimedStart[];
  /** They stand, and start nothing. */
  readonly isPaused: boolean;
  /** The names of all that there may be. */
  readonly known: readonly string[];
}

/** What the dispatch function gets when a schedule's time has come. */
export interface ScheduledStart {
  readonly schedule: {
    readonly flow: string;
    /** Absent in what an earlier version made. */
    readonly name?: string;
    /** The time it was due, ISO 8601. */
    readonly time: string;
    /** Parameters of the run. */
    readonly input?: JsonObject;
  };
}
