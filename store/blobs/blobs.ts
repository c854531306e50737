/**
 * Bytes that are written once and named by their own SHA-256 (64 hex digits), so that equal values are stored once.
 * Implemented on files, in memory and on S3; blobConformance in conformance.ts says what all must do.
 */
export interface BlobStore {
  /**
   * Stores the bytes under their hash: once it resolves they are whole and outlive the process; storing what is there
   * already is cheap and changes nothing. Bytes that `hashOf` (hash.ts) has named are not hashed again. Throws
   * MillraceError `blob.mismatch` where the bytes do not have that hash, `store.full` and `store.readOnly` where the
   * store cannot take them.
   */
  write(hash: string, bytes: readonly Uint8Array[]): Promise<void>;

  /**
   * The bytes, the caller's own to keep and to change. Throws MillraceError `blob.missing` where they are not there,
   * `blob.damaged` where they no longer have that hash.
   */
  read(hash: string): Promise<Uint8Array>;

  has(hash: string): Promise<boolean>;

  /**
   * The MD5 of the bytes, in hexadecimal, or undefined where they are not there. It is what tells who has a blob's bytes
   * from who has only heard its name: it can't be told from their hash.
   */
  md5(hash: string): Promise<string | undefined>;
}

/**
 * A store that can also be asked without giving up the thread: for a property read inside a handler, and much the cheaper
 * way for small blobs. No store over a network has it.
 */
export interface LocalBlobStore extends BlobStore {
  readSync(hash: string): Uint8Array;
  writeSync(hash: string, bytes: readonly Uint8Array[]): void;
}
