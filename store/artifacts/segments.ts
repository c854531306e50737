/** Bytes that stand one after the other, as encodeValue gives them. */
export type Segments = readonly Uint8Array[];

export function sizeOf(segments: Segments): number {
  let size = 0;
  for (const segment of segments) size += segment.length;
  return size;
}

/** The same bytes in fewer segments: small neighbours are put together up to `most` bytes, larger ones are left alone. */
export function joinSmall(segments: Segments, most: number): Uint8Array[] {
  const joined: Uint8Array[] = [];
  let waiting: Uint8Array[] = [];
  let size = 0;
  const flush = () => {
    if (waiting.length > 0) joined.push(waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting, size));
    waiting = [];
    size = 0;
  };
  for (const segment of segments) {
    if (size + segment.length > most) flush();
    waiting.push(segment);
    size += segment.length;
  }
  flush();
  return joined;
}
