import { fileURLToPath } from "node:url";
import { MillraceError } from "../graph/errors.ts";
import type { TaskError } from "../graph/task-error.ts";

const STACK_CHARACTERS = 16_384;

/**
 * What a handler threw, as the ledger keeps it: with the author's own file and line where the stack shows it. A value
 * that is no Error is reported as what it is.
 */
export function taskError(thrown: unknown): TaskError {
  if (!isError(thrown)) {
    return { name: "NotAnError", message: `the step threw ${preview(thrown)}, which is not an Error` };
  }
  if (thrown instanceof MillraceError) {
    // Of which flow and step is known of every task.
    const { artifact } = thrown.where;
    const detail = bounded([thrown.detail, ...causesOf(thrown)].join(CAUSED_BY), STACK_CHARACTERS);
    const text = [artifact ? `artifact ${artifact}: ${detail}` : detail, thrown.hint].filter(Boolean).join("\n");
    return { name: thrown.code, message: text };
  }
  const message = bounded([messageOf(thrown), ...causesOf(thrown)].join(CAUSED_BY), STACK_CHARACTERS);
  const name = typeof thrown.name === "string" && thrown.name !== "" ? thrown.name : "Error";
  const frames = ownFrames(typeof thrown.stack === "string" ? thrown.stack : "");
  const source = authorSource(frames);
  return {
    name,
    message,
    ...(source !== undefined && { source }),
    ...(frames.length > 0 && { stack: bounded(frames.join("\n"), STACK_CHARACTERS) }),
  };
}

const CAUSED_BY = "\n  caused by: ";

/** The messages of what caused an error, seven at most. */
function causesOf(error: Error): string[] {
  const messages: string[] = [];
  for (let at = error.cause; isError(at) && messages.length < 7; at = at.cause) messages.push(messageOf(at));
  return messages;
}

function messageOf(error: Error): string {
  if (!(error instanceof AggregateError)) return String(error.message);
  const each = error.errors.map((one) => (isError(one) ? one.message : preview(one)));
  return `${error.message || "several errors"}: ${each.join("; ")}`;
}

/** The stack's frames without Node's own and those of the runtime that called the handler. */
function ownFrames(stack: string): string[] {
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .filter(
      (line) => !/\bnode:|[\\/]dist[\\/](?:chunks[\\/]|worker|testing|index)|[\\/]runtime[\\/]task\.ts/.test(line),
    )
    .map((line) => line.replace("file://", ""));
}

/** The topmost place in code that the author wrote, as path:line:column. */
function authorSource(frames: readonly string[]): string | undefined {
  const written = frames.find((frame) => !/[\\/]node_modules[\\/]/.test(frame) && framePlace(frame) !== undefined);
  return written ? framePlace(written) : undefined;
}

/** The path:line:column of one frame of a stack. */
function framePlace(frame: string): string | undefined {
  const place = /\(?((?:file:\/\/)?[^()\s][^()]*:\d+:\d+)\)?$/.exec(
    frame.replace(/^\s+at (?:async )?/, "").trim(),
  )?.[1];
  if (place === undefined) return undefined;
  return place.startsWith("file://")
    ? fileURLToPath(place.replace(/:\d+:\d+$/, "")) + /:\d+:\d+$/.exec(place)![0]
    : place;
}

/** Errors of another realm count too. */
function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

function preview(value: unknown): string {
  try {
    if (typeof value === "string") return bounded(JSON.stringify(value), 200);
    if (typeof value === "object" && value !== null) return bounded(JSON.stringify(value) ?? "an object", 200);
    return typeof value === "function" ? "a function" : String(value);
  } catch {
    return "an object";
  }
}

function bounded(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}… (${text.length} characters)`;
}
