/** Makes URLs by which a blob is read or written with no other right, for an hour at most. */
export interface Signer {
  signRead(hash: string): Promise<string>;
  /** The store takes only bytes of that size and that SHA-256. */
  signWrite(blob: BlobSize): Promise<Upload>;
}

export interface BlobSize {
  readonly hash: string;
  readonly size: number;
}

/** A PUT of the bytes with exactly these headers; the store refuses bytes that do not have the SHA-256 they were signed for. */
export interface Upload {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}
