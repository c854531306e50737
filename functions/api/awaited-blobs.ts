import type { BlobStore } from "../../store/blobs/blobs.ts";
import type { Blobs } from "../../tasks/outcome.ts";

/** A blob that is wanted at once and has not come yet. */
class Wanted extends Error {
  readonly hash: string;
  constructor(hash: string) {
    super(`the blob ${hash} is on its way`);
    this.hash = hash;
  }
}

/**
 * Does work that reads blobs synchronously with a store that can only be waited for: where a blob is missing it is got,
 * and the work is done again from its beginning, so it must be such as may be done twice. What it writes is on its way
 * until `blobs.written` says otherwise, and stored once this resolves.
 */
export async function withAwaitedBlobs<T>(
  store: Pick<BlobStore, "read" | "write">,
  work: (blobs: Blobs) => Promise<T>,
): Promise<T> {
  const known = new Map<string, Uint8Array>();
  for (;;) {
    const writing: Promise<void>[] = [];
    const written = async () => void (await Promise.all(writing));
    const blobs: Blobs = {
      read(hash) {
        const bytes = known.get(hash);
        if (bytes === undefined) throw new Wanted(hash);
        return bytes;
      },
      write(hash, bytes) {
        const storing = store.write(hash, bytes);
        // A failure is for who waits for it; until then it is nobody's.
        storing.catch(() => {});
        writing.push(storing);
      },
      written,
    };
    try {
      const answer = await work(blobs);
      await written();
      return answer;
    } catch (error) {
      await Promise.allSettled(writing);
      if (!(error instanceof Wanted) || known.has(error.hash)) throw error;
      known.set(error.hash, await store.read(error.hash));
    }
  }
}
