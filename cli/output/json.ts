import type { Output } from "./output.ts";
import type { Sink } from "./sink.ts";

/** Each event as it is, one JSON object a line: for a program that reads along. */
export function jsonOutput(sink: Sink): Output {
  return { emit: (event) => sink.write(`${JSON.stringify(event)}\n`), end: () => sink.flush() };
}
