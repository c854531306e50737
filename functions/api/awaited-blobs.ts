import type { BlobStore } from "../../store/blobs/blobs.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";
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
 * and the work is done again from its beginning, so it must be such as may be done twice. What it writes is stored before
 * its ledger says so.
 */
export async function withAwaitedBlobs<T>(
  store: Pick<BlobStore, "read" | "write">,
  ledger: Ledger,
  work: (blobs: Blobs, ledger: Ledger) => Promise<T>,
): Promise<T> {
  const known = new Map<string, Uint8Array>();
  for (;;) {
    const writing: Promise<void>[] = [];
    const blobs: Blobs = {
      read(hash) {
        const bytes = known.get(hash);
        if (bytes === undefined) throw new Wanted(hash);
        return bytes;
      },
      write: (hash, bytes) => void writing.push(store.write(hash, bytes)),
    };
    const after: Ledger = {
      ...ledger,
      finishAttempts: async (run, ends) => {
        await Promise.all(writing);
        return ledger.finishAttempts(run, ends);
      },
      writeControls: async (run, controls) => {
        await Promise.all(writing);
        return ledger.writeControls(run, controls);
      },
    };
    try {
      const answer = await work(blobs, after);
      await Promise.all(writing);
      return answer;
    } catch (error) {
      await Promise.allSettled(writing);
      if (!(error instanceof Wanted) || known.has(error.hash)) throw error;
      known.set(error.hash, await store.read(error.hash));
    }
  }
}
