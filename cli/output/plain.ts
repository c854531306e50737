import type { RunEvent } from "../../engine/events.ts";
import type { Output } from "./output.ts";
import type { Sink } from "./sink.ts";
import { describeBound, describeEnd, describeJob, formatTaskPlace } from "./words.ts";

/** A line an event, each task's by its place and process: for a pipe, a file, a log. */
export function plainOutput(sink: Sink): Output {
  return {
    emit(event) {
      const line = plainLine(event);
      if (line !== undefined) sink.write(`${line}\n`);
    },
    end: () => sink.flush(),
  };
}

function plainLine(event: RunEvent): string | undefined {
  switch (event.type) {
    case "run.started":
      return `Workflow starting (run-id ${event.run}):`;
    case "task.started":
      // Of a job its status tells.
      if (event.job !== undefined) return undefined;
      return `${formatTaskPlace(event)} Task is starting${event.attempt > 1 ? ` (attempt ${event.attempt})` : ""}.`;
    case "task.output":
      return `${formatTaskPlace(event)} ${event.text}`;
    case "task.finished":
      return `${formatTaskPlace(event)} ${describeEnd(event)}`;
    case "job.status":
      return describeJob(event);
    case "loop.bound":
      return describeBound(event);
    case "split.started":
      return undefined;
    case "run.finished":
      return { succeeded: "Done!", failed: "Workflow failed.", stopped: "Workflow stopped." }[event.status];
  }
}
