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

/** The bytes from each bound to the next, as views on the segments. */
export function cut(segments: Segments, bounds: readonly number[]): Segments[] {
  const parts: Segments[] = [];
  let at = 0;
  /** Where the segment at `at` begins. */
  let begin = 0;
  for (let i = 1; i < bounds.length; i++) {
    const part: Uint8Array[] = [];
    const to = bounds[i]!;
    for (let from = bounds[i - 1]!; from < to;) {
      const segment = segments[at]!;
      const end = begin + segment.length;
      if (from < end) part.push(segment.subarray(from - begin, Math.min(to, end) - begin));
      from = Math.max(from, Math.min(to, end));
      if (end > to) break;
      at++;
      begin = end;
    }
    parts.push(part);
  }
  return parts;
}
