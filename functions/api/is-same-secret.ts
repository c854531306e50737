import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether what somebody shows is the secret. Their digests are compared, so that the time it takes says nothing of either.
 */
export function isSameSecret(shown: string, secret: string): boolean {
  return timingSafeEqual(digest(shown), digest(secret));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
