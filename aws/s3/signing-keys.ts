import { createHash } from "node:crypto";

/** A key that tokens are signed with; its id goes along in each of them, so that a key can be changed and withdrawn. */
export interface SigningKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

export interface SigningKeys {
  /** What is signed with now. */
  current(): Promise<SigningKey>;
  /** The key of that id, the current one or the one before it; undefined where there is none, or it was withdrawn. */
  find(id: string): Promise<SigningKey | undefined>;
}

/** The key's id is the beginning of its digest, from which nobody learns the key. */
export function signingKey(bytes: Uint8Array): SigningKey {
  return { id: createHash("sha256").update("id").update(bytes).digest("base64url").slice(0, 8), bytes };
}

/** One key for as long as the process lives. */
export function fixedKey(bytes: Uint8Array): SigningKeys {
  const key = signingKey(bytes);
  return { current: async () => key, find: async (id) => (id === key.id ? key : undefined) };
}

/** A key that was withdrawn is good for no longer than this. */
const RENEWED_MILLISECONDS = 5 * 60_000;
/** Whoever shows made-up ids does not have the keys read each time. */
const ASKED_AGAIN_MILLISECONDS = 5_000;

/**
 * Keys that somebody changes meanwhile: read again every five minutes, and where an id is not known. `read` answers the
 * current one first.
 */
export function renewedKeys(
  read: () => Promise<readonly [SigningKey, ...SigningKey[]]>,
  now: () => number = Date.now,
): SigningKeys {
  let latest: { readonly at: number; readonly keys: ReturnType<typeof read> } | undefined;
  const youngerThan = (milliseconds: number) => {
    if (latest && now() - latest.at < milliseconds) return latest.keys;
    const reading = { at: now(), keys: read() };
    reading.keys.catch(() => {
      if (latest === reading) latest = undefined;
    });
    latest = reading;
    return reading.keys;
  };
  return {
    current: async () => (await youngerThan(RENEWED_MILLISECONDS))[0],
    async find(id) {
      const isIt = (key: SigningKey) => key.id === id;
      const known = (await youngerThan(RENEWED_MILLISECONDS)).find(isIt);
      return known ?? (await youngerThan(ASKED_AGAIN_MILLISECONDS)).find(isIt);
    },
  };
}
