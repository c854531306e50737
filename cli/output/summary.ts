import type { RunEvent, RunFinished } from "../../emulator/events.ts";
import { formatCount, formatSeconds } from "./words.ts";

interface Counts {
  succeeded: number;
  failed: number;
  stopped: number;
}

/** Remembers which steps a run reached, so that its end can say what ran and what did not. */
export class RunTally {
  readonly #steps = new Map<string, Counts>();

  tell(event: RunEvent): void {
    if (event.type === "task.started") this.#counts(event.step);
    else if (event.type === "task.finished" && event.retryInSeconds === undefined) {
      const counts = this.#counts(event.step);
      counts[event.caught ? "succeeded" : event.status]++;
    }
  }

  #counts(step: string): Counts {
    let counts = this.#steps.get(step);
    if (!counts) this.#steps.set(step, (counts = { succeeded: 0, failed: 0, stopped: 0 }));
    return counts;
  }

  /** What a person wants to know of a run that did not succeed: which task, which error and where, what ran, what to do next. */
  summarize(end: RunFinished): string {
    const { flow, run, error, seconds, notRun = [] } = end;
    const lines = [
      `Run ${flow}/${run} ${end.status === "stopped" ? "was stopped" : "failed"} after ${formatSeconds(seconds)}.`,
    ];
    const task = error?.step && `${flow}/${run}/${error.step}/${error.index ?? "0"}`;
    if (error) {
      const [first, ...more] = `${error.name}: ${error.message}`.split("\n");
      lines.push("", task ? `  Task ${task}: ${first}` : `  ${first}`, ...more.map((line) => `    ${line}`));
      if (error.source) lines.push(`    at ${error.source}`);
      lines.push("");
    }
    const steps = [...this.#steps].map(([step, counts]) => step + describe(counts));
    lines.push(`  Ran:     ${steps.join(", ") || "nothing"}`);
    if (notRun.length > 0) lines.push(`  Not run: ${notRun.join(", ")}`);
    if (task) lines.push(`  Log:     millrace logs ${task}`);
    lines.push(`  Made:    millrace dump ${flow}/${run}`);
    return lines.join("\n");
  }
}

/** Nothing for the one task that succeeded, which is what a reader takes for granted. */
function describe({ succeeded, failed, stopped }: Counts): string {
  if (succeeded === 1 && failed === 0 && stopped === 0) return "";
  if (succeeded === 0 && failed === 1 && stopped === 0) return " (failed)";
  if (succeeded === 0 && failed === 0) return " (stopped)";
  const parts = [
    succeeded > 0 && `${formatCount(succeeded, "task")} succeeded`,
    failed > 0 && `${failed.toLocaleString("en-US")} failed`,
    stopped > 0 && `${stopped.toLocaleString("en-US")} stopped`,
  ];
  return ` (${parts.filter(Boolean).join(", ")})`;
}
