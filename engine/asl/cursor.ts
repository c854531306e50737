import { invalidMachine } from "./errors.ts";

/** A place in a text that is being parsed. */
export interface Cursor {
  readonly text: string;
  at: number;
}

/** Steps over the symbol, and the space before it, if it is next. */
export function take(cursor: Cursor, symbol: string): boolean {
  skipSpace(cursor);
  if (!cursor.text.startsWith(symbol, cursor.at)) return false;
  cursor.at += symbol.length;
  return true;
}

export function skipSpace(cursor: Cursor): void {
  while (cursor.text[cursor.at] === " ") cursor.at += 1;
}

/**
 * A string in single or double quotes, the cursor on the first of them. A backslash before that quote or another
 * backslash is an escape; before anything else it stays part of the string.
 */
export function parseQuoted(cursor: Cursor): string {
  const quote = cursor.text[cursor.at];
  let value = "";
  for (cursor.at += 1; cursor.at < cursor.text.length; cursor.at += 1) {
    const character = cursor.text.charAt(cursor.at);
    if (character === quote) {
      cursor.at += 1;
      return value;
    }
    const next = cursor.text[cursor.at + 1];
    value += character === "\\" && (next === quote || next === "\\") ? cursor.text.charAt((cursor.at += 1)) : character;
  }
  throw notAPath(cursor);
}

export function notAPath({ text, at }: Cursor): Error {
  const place = at < text.length ? `"${text.slice(at)}" is not understood` : "it ends too early";
  return invalidMachine(`"${text}" is not a JSONPath: ${place}.`);
}
