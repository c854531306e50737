const [QUOTE, ESCAPE] = [0x22, 0x5c];
const OPENS = new Set([0x5b, 0x7b]);
const CLOSES = new Set([0x5d, 0x7d]);

/** Whether JSON (UTF-8) has more arrays and objects in one another than so many. Looks at each byte once, and parses nothing. */
export function isDeeperThan(most: number, json: Uint8Array): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (byte === QUOTE) isText = !isText;
    else if (isText) at += byte === ESCAPE ? 1 : 0;
    else if (OPENS.has(byte) && ++depth > most) return true;
    else if (CLOSES.has(byte)) depth--;
  }
  return false;
}
