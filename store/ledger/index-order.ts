import { MillraceError } from "../../graph/errors.ts";

/**
 * A task's index ("3.10") as a key whose order as text is the numeric order of the index, parents before children:
 * every component is its digits behind their number as one character, so that "3" is "13", "10" is "210" and "3.10"
 * is "13210". No component's code begins another's, so the keys below an index are those that begin with its key.
 *
 * @throws MillraceError `index.invalid` where it is no index (the empty one, above all others, is fine).
 */
export function indexKey(index: string): string {
  if (index === "") return "";
  let key = "";
  for (const component of index.split(".")) {
    if (!COMPONENT.test(component)) throw notAnIndex(index);
    key += component.length.toString(36) + component;
  }
  return key;
}

/** The index whose key this is. */
export function indexOfKey(key: string): string {
  let index = "";
  for (let at = 0; at < key.length;) {
    const end = at + 1 + Number.parseInt(key.charAt(at), 36);
    index += (at === 0 ? "" : ".") + key.slice(at + 1, end);
    at = end;
  }
  return index;
}

/** The keys below an index: greater than `after`, less than `before`. Below the empty index they all are. */
export function keysBelow(under: string): { after: string; before: string } {
  const after = indexKey(under);
  return { after, before: `${after}~` };
}

/** Non-negative integers as JavaScript prints them; 16 digits hold every safe one. */
const COMPONENT = /^(?:0|[1-9]\d{0,15})$/;

function notAnIndex(index: string): MillraceError {
  return new MillraceError("index.invalid", `"${index.slice(0, 60)}" is not a task's index`, {
    hint: 'Write whole numbers joined by dots, such as "0" or "3.10".',
  });
}
