import { StringDecoder } from "node:string_decoder";
import type { Attempt, RunSummary } from "../store/ledger/ledger.ts";
import { printableJson } from "../graph/printable.ts";
import { MillraceError } from "../graph/errors.ts";
import { findRun, parsePathspec, pathspecOf, tasksOf } from "./pathspec.ts";
import type { LogsFlags } from "./flags.ts";
import { reading, type Readings, type RunReader } from "./reading.ts";
import { formatTaskError } from "./output/words.ts";

/** Prints what tasks printed: one task's bytes as they were, of several each line with its task before it. */
export function logs(text: string, { attempt, json }: LogsFlags): Promise<number> {
  const pathspec = parsePathspec(text);
  return reading(async (readings, out) => {
    const run = await findRun(readings.runs, pathspec);
    for await (const newest of tasksOf(readings.runs, run, pathspec)) {
      const one =
        attempt === undefined || attempt === newest.attempt
          ? newest
          : await readAttempt(readings.runs, run, { task: newest, attempt, isNamed: pathspec.index !== undefined });
      if (!one || !out.isRead) continue;
      const place = pathspecOf(run, one);
      if (json)
        for await (const line of linesOf(readings, run, one))
          out.write(`${printableJson({ pathspec: place, attempt: one.attempt, text: line })}\n`);
      else if (pathspec.index === undefined)
        for await (const line of linesOf(readings, run, one))
          out.write(`[${run.run}/${one.step}/${one.index}] ${line}\n`);
      else await copyLog(readings, run, one);
      await out.flush();
      if (one.error && !json) process.stderr.write(`${place} failed: ${formatTaskError(one.error)}\n`);
    }
  });
}

async function readAttempt(
  runs: RunReader,
  run: RunSummary,
  { task, attempt, isNamed }: { readonly task: Attempt; readonly attempt: number; readonly isNamed: boolean },
): Promise<Attempt | undefined> {
  const attempts = await runs.listAttempts(run, task);
  const found = attempts.find((one) => one.attempt === attempt);
  if (found || !isNamed) return found;
  throw new MillraceError("attempt.unknown", `${pathspecOf(run, task)} has no attempt ${attempt}`, {
    hint: attempts.length === 1 ? "It has one." : `It has ${attempts.length}.`,
  });
}

async function* linesOf(readings: Readings, run: RunSummary, attempt: Attempt): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const bytes of readings.readLog(run, attempt)) {
    const lines = (rest + decoder.write(bytes)).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
  rest += decoder.end();
  if (rest !== "") yield rest;
}

/** Byte for byte, no more of it in memory than stdout takes at a time. */
async function copyLog(readings: Readings, run: RunSummary, attempt: Attempt): Promise<void> {
  for await (const bytes of readings.readLog(run, attempt)) {
    if (process.stdout.destroyed) return;
    if (!process.stdout.write(bytes))
      await new Promise<void>((resolve) => process.stdout.once("drain", resolve).once("close", resolve));
  }
}
