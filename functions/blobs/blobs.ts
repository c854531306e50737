/**
 * Bytes that are written once and named by their own SHA-256 (64 hex digits), so that equal values are stored once.
 * Implemented on files, in memory and on S3; blobConformance in conformance.ts says what all must do.
 */
export interface BlobStore {
  /**
   * Stores the bytes under their hash, durable and whole before it resolves; storing what is there already is cheap and
   * changes nothing. Throws MillraceError `blob.mismatch` where the bytes do not have that hash.
   */
  write(hash: string, bytes: readonly Uint8Array[]): Promise<void>;

  /** Throws MillraceError `blob.missing` where it is not there, `blob.damaged` where its bytes no longer have its hash. */
  read(hash: string): Promise<Uint8Array>;

  /** The same, without giving up the thread: for a property read inside a handler. */
  readSync(hash: string): Uint8Array;

  has(hash: string): Promise<boolean>;
}
