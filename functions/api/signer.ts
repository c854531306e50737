import type { BlobSize, Upload } from "./contract.ts";

/** Makes URLs by which a blob is read or written with no other right, for an hour at most. */
export interface Signer {
  signRead(hash: string): Promise<string>;
  /** The store takes only bytes of that size and that SHA-256. */
  signWrite(blob: BlobSize): Promise<Upload>;
}
