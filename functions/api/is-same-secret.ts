import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether what somebody shows is the secret: in a time that tells nothing of either, since it is their digests that are
 * compared.
 */
export function isSameSecret(shown: string, secret: string): boolean {
  return timingSafeEqual(digest(shown), digest(secret));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
