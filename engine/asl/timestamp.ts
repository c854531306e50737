import type { Json } from "../../graph/graph.ts";
import { invalidMachine } from "./errors.ts";

/** The profile of RFC 3339 that the specification takes: a capital T between date and time, a capital Z or an offset. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since the epoch; undefined for what is no timestamp. */
export function timestampMilliseconds(value: Json): number | undefined {
  if (typeof value !== "string" || !TIMESTAMP.test(value)) return undefined;
  const milliseconds = Date.parse(value);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** A timestamp that a definition writes out must be one. */
export function checkTimestamp(value: Json): void {
  if (timestampMilliseconds(value) === undefined)
    throw invalidMachine(`${JSON.stringify(value)} is not an RFC3339 timestamp such as 2026-03-14T01:59:00Z.`);
}
