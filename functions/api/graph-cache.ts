import type { Graph } from "../../graph/graph.ts";
import { lineageOf, type Lineage } from "../../graph/lineage.ts";
import type { BlobStore } from "../../store/blobs/blobs.ts";

/** How many graphs a warm function remembers: a blob never changes, so what was read once is good for ever. */
const REMEMBERED = 50;

/** Reads graphs from the blobs that hold them, the newest few from memory. */
export function graphCache(blobs: Pick<BlobStore, "read">): (hash: string) => Promise<Lineage> {
  const known = new Map<string, Promise<Lineage>>();
  return (hash) => {
    const cached = known.get(hash);
    if (cached) return cached;
    const reading = blobs.read(hash).then((bytes) => lineageOf(JSON.parse(Buffer.from(bytes).toString()) as Graph));
    reading.catch(() => known.delete(hash));
    if (known.size >= REMEMBERED) known.delete(known.keys().next().value!);
    known.set(hash, reading);
    return reading;
  };
}
