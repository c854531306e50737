/** The segments one after the other, cut anew into pieces of `size` bytes, the last one shorter; copied only where they must be. */
export function* inPieces(segments: readonly Uint8Array[], size: number): Generator<Uint8Array> {
  let piece: Uint8Array[] = [];
  let room = size;
  for (const segment of segments) {
    for (let at = 0; at < segment.length;) {
      const part = segment.subarray(at, at + room);
      piece.push(part);
      at += part.length;
      room -= part.length;
      if (room > 0) continue;
      yield joined(piece);
      piece = [];
      room = size;
    }
  }
  if (piece.length > 0) yield joined(piece);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
