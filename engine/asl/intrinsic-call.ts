import type { Json } from "../../graph/graph.ts";
import { take } from "./cursor.ts";
import type { Cursor } from "./cursor.ts";
import { StateFailure, invalidMachine, stateFailure } from "./errors.ts";
import type { Expression } from "./execution.ts";
import { format, intrinsics, isEscaped, splitTemplate } from "./intrinsics.ts";
import { preparePath } from "./path.ts";

/** AWS Step Functions, "Intrinsic functions": one field may call ten functions, nested in each other. */
const MOST_CALLS = 10;

type Argument =
  | { readonly type: "literal"; readonly value: Json; readonly source: string }
  | { readonly type: "expression"; readonly read: Expression };

interface CallCursor extends Cursor {
  /** The field that the call stands in. */
  readonly field: string;
  calls: number;
}

/** A call such as `States.Format('{}.{}', $.a, States.MathAdd($.k, 1))`, parsed once. */
export function prepareIntrinsic(text: string, field: string): Expression {
  const cursor: CallCursor = { text, at: 0, field, calls: 0 };
  const call = parseCall(cursor);
  if (cursor.at < text.trimEnd().length) throw notACall(cursor);
  if (cursor.calls > MOST_CALLS) {
    throw invalidMachine(`"${text}" calls ${cursor.calls} intrinsic functions; a field may call ${MOST_CALLS}.`);
  }
  return (input, frame) => {
    try {
      return call(input, frame);
    } catch (error) {
      if (!(error instanceof StateFailure)) throw error;
      throw stateFailure("States.IntrinsicFailure", `The function '${text}' had the following error: ${error.cause}`);
    }
  };
}

function parseCall(cursor: CallCursor): Expression {
  const name = /^States\.(\w+)\(/.exec(cursor.text.slice(cursor.at))?.[1];
  if (name === undefined) throw notACall(cursor);
  const intrinsic = Object.hasOwn(intrinsics, name) ? intrinsics[name] : undefined;
  if (intrinsic === undefined) throw invalidMachine(`States.${name} is not an intrinsic function.`);
  cursor.at += `States.${name}(`.length;
  cursor.calls += 1;
  const args = parseArguments(cursor);
  const [least, most] = intrinsic.arguments;
  if (args.length < least || args.length > most) {
    throw invalidMachine(`States.${name} does not take ${args.length} arguments: "${cursor.text}".`);
  }
  const reads = args.map((argument) => (argument.type === "literal" ? () => argument.value : argument.read));
  const [template] = args;
  if (name === "Format" && template?.type === "literal" && typeof template.value === "string") {
    const parts = splitTemplate(template.source);
    const values = reads.slice(1);
    return (input, frame) =>
      format(
        parts,
        values.map((read) => read(input, frame)),
      );
  }
  return (input, frame) =>
    intrinsic.call(
      reads.map((read) => read(input, frame)),
      frame.scope.execution.random,
    );
}

function parseArguments(cursor: CallCursor): Argument[] {
  const found: Argument[] = [];
  if (take(cursor, ")")) return found;
  do {
    take(cursor, "");
    found.push(parseArgument(cursor));
  } while (take(cursor, ","));
  if (!take(cursor, ")")) throw notACall(cursor);
  return found;
}

function parseArgument(cursor: CallCursor): Argument {
  const rest = cursor.text.slice(cursor.at);
  if (rest.startsWith("States.")) return { type: "expression", read: parseCall(cursor) };
  if (rest.startsWith("'")) return parseString(cursor);
  if (rest.startsWith("$")) {
    const path = rest.slice(0, pathLength(rest)).trimEnd();
    cursor.at += path.length;
    return {
      type: "expression",
      read: preparePath(path, () =>
        stateFailure("States.IntrinsicFailure", `The JsonPath argument for the field '${path}' could not be found`),
      ),
    };
  }
  const literal = /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)/.exec(rest)?.[0];
  if (literal === undefined) throw notACall(cursor);
  cursor.at += literal.length;
  return { type: "literal", value: JSON.parse(literal) as Json, source: literal };
}

/** A string in single quotes. Its source is kept with the escapes, which in a template mean more than in a value. */
function parseString(cursor: CallCursor): Argument {
  const start = cursor.at + 1;
  let value = "";
  for (cursor.at = start; cursor.at < cursor.text.length; cursor.at += 1) {
    const character = cursor.text.charAt(cursor.at);
    if (character === "'") {
      cursor.at += 1;
      return { type: "literal", value, source: cursor.text.slice(start, cursor.at - 1) };
    }
    const next = cursor.text[cursor.at + 1];
    if (character === "\\" && next === '"') throw notACall(cursor);
    if (character === "\\" && isEscaped(next)) value += cursor.text.charAt((cursor.at += 1));
    else value += character;
  }
  throw notACall(cursor);
}

/** How far a path goes: to the comma or bracket that ends the argument, past those inside its own square brackets. */
function pathLength(text: string): number {
  let depth = 0;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "\\") at += 1;
    else if (quote !== "") quote = character === quote ? "" : quote;
    else if (depth > 0 && (character === "'" || character === '"')) quote = character;
    else if (character === "[") depth += 1;
    else if (character === "]") depth -= 1;
    else if (depth === 0 && (character === "," || character === ")")) return at;
  }
  return text.length;
}

function notACall({ text, at, field }: CallCursor): Error {
  const place = at < text.length ? `"${text.slice(at)}" is not understood` : "it ends too early";
  return invalidMachine(`The field '${field}', "${text}", is not an intrinsic function: ${place}.`);
}
