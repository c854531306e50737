import type { RunEvent, RunFinished } from "../../engine/events.ts";
import { StepCounts, type TaskCounts } from "../../engine/task-counts.ts";
import { printable, printableLines } from "../../graph/printable.ts";
import { formatCount, formatSeconds } from "./words.ts";

/** Remembers which steps a run reached, so that its end can say what ran and what did not. */
export class RunTally {
  readonly #counts = new StepCounts();

  add(event: RunEvent): void {
    if (event.type === "task.started" || event.type === "task.finished") this.#counts.add(event);
  }

  /** What a person wants to know of a run that did not succeed: which task, which error and where, what ran, what to do next. */
  summarize(end: RunFinished): string {
    const { flow, run, error, seconds, notRun = [] } = end;
    const lines = [
      `Run ${flow}/${run} ${end.status === "stopped" ? "was stopped" : "failed"} after ${formatSeconds(seconds)}.`,
    ];
    const task = error?.step && `${flow}/${run}/${error.step}/${error.index ?? "0"}`;
    if (error) {
      const [first, ...more] = printableLines(`${error.name}: ${error.message}`).split("\n");
      lines.push("", task ? `  Task ${task}: ${first}` : `  ${first}`, ...more.map((line) => `    ${line}`));
      if (error.source) lines.push(`    at ${printable(error.source)}`);
      lines.push("");
    }
    const steps = [...this.#counts.steps].map(([step, counts]) => step + describe(counts));
    lines.push(`  Ran:     ${steps.join(", ") || "nothing"}`);
    if (notRun.length > 0) lines.push(`  Not run: ${notRun.join(", ")}`);
    if (task) lines.push(`  Log:     millrace logs ${task}`);
    lines.push(`  Made:    millrace dump ${flow}/${run}`);
    return lines.join("\n");
  }
}

/** Nothing for the one task that succeeded, which is what a reader takes for granted. */
function describe({ succeeded, failed, caught, stopped }: TaskCounts): string {
  // With one that was caught the flow went on as with one that succeeded.
  const fine = succeeded + caught;
  const bad = failed - caught;
  if (fine === 1 && bad === 0 && stopped === 0) return "";
  if (fine === 0 && bad === 1 && stopped === 0) return " (failed)";
  if (fine === 0 && bad === 0) return " (stopped)";
  const parts = [
    fine > 0 && `${formatCount(fine, "task")} succeeded`,
    bad > 0 && `${bad.toLocaleString("en-US")} failed`,
    stopped > 0 && `${stopped.toLocaleString("en-US")} stopped`,
  ];
  return ` (${parts.filter(Boolean).join(", ")})`;
}
