import { styleText } from "node:util";
import type { RunEvent, TaskFinished } from "../../engine/events.ts";
import type { Output } from "./output.ts";
import type { Sink } from "./sink.ts";
import { ended, failedOf, Waves, type Wave } from "./waves.ts";
import { describeBound, describeEnd, describeJob, formatCount, formatTaskPlace, formatSeconds } from "./words.ts";

const REDRAW_MILLISECONDS = 100;
const SHOWN_FAILURES = 10;
const ERASE_LINE = "\r\u001B[2K";

/** What the terminal is like: how wide, and whether it shows colours (which NO_COLOR forbids). */
export interface Terminal {
  readonly columns: number;
  readonly hasColors: boolean;
}

type Style = Parameters<typeof styleText>[0];

/** For a person who watches: colours, and one line that moves in place of the many lines of a wide foreach. */
export function terminalOutput(sink: Sink, terminal: Terminal, now: () => number = Date.now): Output {
  const paint = (style: Style, text: string) =>
    terminal.hasColors ? styleText(style, text, { validateStream: false }) : text;
  const waves = new Waves();
  let drawn = "";
  let drawnAt = 0;
  let failuresShown = 0;
  let timer: NodeJS.Timeout | undefined;

  const print = (line: string) => {
    sink.write(`${drawn && ERASE_LINE}${line}\n`);
    drawn = "";
  };
  const draw = () => {
    const { open } = waves;
    const line = open
      .map((wave) => describeProgress(wave, now()))
      .join("   ")
      .slice(0, Math.max(10, terminal.columns - 1));
    if (line !== drawn) sink.write(`${drawn && ERASE_LINE}${paint("cyan", line)}`);
    drawn = line;
    drawnAt = now();
    if (open.length === 0) timer = void clearInterval(timer);
    else timer ??= setInterval(draw, REDRAW_MILLISECONDS).unref();
  };
  const redraw = () => {
    if (now() - drawnAt >= REDRAW_MILLISECONDS && (drawn || waves.open.length > 0)) draw();
  };

  return {
    emit(event) {
      const folded = waves.take(event);
      for (const wave of waves.takeEnded(event.type === "run.finished"))
        print(paint(failedOf(wave) > 0 ? "red" : "green", describeWave(wave, event.run)));
      if (!folded) {
        const line = terminalLine(event, paint);
        if (line !== undefined) print(line);
      } else if (event.type === "task.finished" && event.status === "failed" && failuresShown <= SHOWN_FAILURES) {
        print(
          failuresShown++ < SHOWN_FAILURES
            ? taskLine(event, paint)
            : paint("red", "Further failures are counted, not shown."),
        );
      }
      if (event.type === "run.finished") timer = void clearInterval(timer);
      else redraw();
    },
    async end() {
      clearInterval(timer);
      if (drawn) sink.write(ERASE_LINE);
      drawn = "";
      await sink.flush();
    },
  };
}

type Paint = (style: Style, text: string) => string;

function terminalLine(event: RunEvent, paint: Paint): string | undefined {
  switch (event.type) {
    case "run.started":
      return paint("bold", `Workflow starting (run-id ${event.run}):`);
    case "task.started":
      // Of a job its status tells.
      if (event.job !== undefined) return undefined;
      return `${place(event, paint)} ${paint("dim", `Task is starting${event.attempt > 1 ? ` (attempt ${event.attempt})` : ""}.`)}`;
    case "task.output":
      return `${place(event, paint)} ${event.text}`;
    case "task.finished":
      return taskLine(event, paint);
    case "job.status": {
      const line = describeJob(event);
      return line && paint("dim", line);
    }
    case "loop.bound":
      return paint("yellow", describeBound(event));
    case "split.started":
      return undefined;
    case "run.finished":
      return event.status === "succeeded"
        ? paint(["bold", "green"], `Done! ${formatSeconds(event.seconds)}`)
        : paint(["bold", "red"], `Workflow ${event.status}.`);
  }
}

function taskLine(event: TaskFinished, paint: Paint): string {
  const style =
    event.status === "succeeded" ? "green" : event.retryInSeconds !== undefined || event.caught ? "yellow" : "red";
  return `${place(event, paint)} ${paint(style, describeEnd(event))}`;
}

function place(event: Extract<RunEvent, { attempt: number }>, paint: Paint): string {
  return paint("cyan", formatTaskPlace(event));
}

function describeProgress(wave: Wave, now: number): string {
  const parts = [
    `${ended(wave).toLocaleString("en-US")} of ${wave.total.toLocaleString("en-US")} done`,
    `${wave.running} running`,
  ];
  if (failedOf(wave) > 0) parts.push(`${failedOf(wave).toLocaleString("en-US")} failed`);
  return `${wave.step}: ${parts.join(", ")}, ${formatSeconds((now - wave.startedAt) / 1000)}`;
}

function describeWave(wave: Wave, run: number): string {
  const failed = failedOf(wave);
  const { stopped } = wave.tasks;
  const bad = [
    failed > 0 && `${failed.toLocaleString("en-US")} failed`,
    stopped > 0 && `${stopped.toLocaleString("en-US")} stopped`,
  ].filter(Boolean);
  return `[${run}/${wave.step}] ${formatCount(ended(wave), "task")} in ${formatSeconds((wave.endedAt - wave.startedAt) / 1000)}${bad.length > 0 ? `: ${bad.join(", ")}` : ""}.`;
}
