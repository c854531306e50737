import { MillraceError } from "../../graph/errors.ts";
import { hashOf } from "./hash.ts";

/** Throws MillraceError `blob.mismatch` where the bytes about to be written do not have that hash. */
export function checkWritten(hash: string, bytes: readonly Uint8Array[]): void {
  const actual = hashOf(bytes);
  if (actual === hash) return;
  throw new MillraceError("blob.mismatch", `The bytes have the SHA-256 ${actual}, not ${hash}`, {
    hint: "Send the bytes again, or name them by their own hash.",
  });
}

/** Throws MillraceError `blob.damaged` where the bytes just read do not have that hash. */
export function checkRead(hash: string, bytes: Uint8Array): void {
  if (hashOf([bytes]) === hash) return;
  throw new MillraceError("blob.damaged", `The stored blob ${hash} is damaged: its bytes no longer have that SHA-256`, {
    hint: "Run the step that made it again.",
  });
}

export function missing(hash: string): MillraceError {
  return new MillraceError("blob.missing", `There is no blob ${hash} in the store`, {
    hint: "Run the step that made it again, or look whether the store's folder was moved or cleaned.",
  });
}
