/**
 * What a terminal does something by instead of showing it: control characters (C0, DEL, C1) and those that turn
 * the direction of what is read (Unicode TR 36, "Bidirectional Text Spoofing").
 */
// oxlint-disable-next-line no-control-regex -- these are what it is about
const COMMANDS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text that others wrote (names, tags, errors), for one line of a terminal: what would command the terminal is shown as its code. */
export function printable(text: string): string {
  return text.replace(COMMANDS, printed);
}

/** The same for text of many lines: line breaks and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(COMMANDS, (character) =>
    character === "\n" || character === "\t" ? character : printed(character),
  );
}

/** The same for a value as JSON: it reads back as the same value. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(COMMANDS, unicode);
}

function printed(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : unicode(character);
}

function unicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
