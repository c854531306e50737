import type { Json } from "../../graph/graph.ts";
import { failure } from "./errors.ts";

/** AWS Step Functions quotas: the input or result of a task, state or execution is at most 256 KiB of JSON. */
export const PAYLOAD_BYTES = 262_144;

/** What large payloads measured, since one goes through many states unchanged. */
const measured = new WeakMap<object, number>();

/**
 * Hands on the payload, or fails with States.DataLimitExceeded where Step Functions would not carry it; `name` is the
 * state's, or what the task called.
 */
export function limited(payload: Json, name: string): Json {
  if (upperBound(payload, PAYLOAD_BYTES) <= PAYLOAD_BYTES || payloadBytes(payload) <= PAYLOAD_BYTES) return payload;
  throw failure(
    "States.DataLimitExceeded",
    `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}

/** The length of a payload as JSON in UTF-8. */
export function payloadBytes(payload: Json): number {
  const key = typeof payload === "object" ? payload : null;
  const known = key === null ? undefined : measured.get(key);
  if (known !== undefined) return known;
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (key !== null) measured.set(key, bytes);
  return bytes;
}

/** No less than the payload's bytes, found without writing it out; anything over `enough` once that is passed. */
function upperBound(payload: Json, enough: number): number {
  switch (typeof payload) {
    case "string":
      // A character takes six bytes at most, as \u001f does.
      return payload.length * 6 + 2;
    case "number":
      return 25;
    case "boolean":
      return 5;
  }
  if (payload === null) return 4;
  let bytes = 2;
  if (Array.isArray(payload)) {
    for (const item of payload as readonly Json[]) {
      bytes += 1 + upperBound(item, enough - bytes);
      if (bytes > enough) break;
    }
    return bytes;
  }
  for (const key in payload) {
    bytes += key.length * 6 + 4 + upperBound((payload as Record<string, Json>)[key]!, enough - bytes);
    if (bytes > enough) break;
  }
  return bytes;
}
