import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { MillraceError } from "../../graph/errors.ts";
import type { Manifest } from "../../store/artifacts/manifest.ts";
import type { AttemptKey } from "../../graph/task-key.ts";
import type { RunKey } from "../../graph/run-name.ts";

/**
 * What an attempt's token says: whose it is, and what finishing it is checked against without asking the ledger again.
 * It is signed (HMAC-SHA-256) by a key that the task function alone holds, not encrypted: nothing in it is a secret.
 * Whether the attempt is still its task's newest is the ledger's to say, whenever something is written.
 */
export interface TokenClaims extends RunKey, AttemptKey {
  /** The blob that holds the run's graph. */
  readonly graph: string;
  /** The digest of what it began with (digestOf). */
  readonly base: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A job on Fargate runs 14 days at most. Source: AWS Batch user guide, "Job timeouts". */
export const TOKEN_MILLISECONDS = 15 * 86_400_000;

export function makeToken(key: Uint8Array, claims: TokenClaims): string {
  const text = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `${text}.${mac(key, "token", text).toString("base64url")}`;
}

/** The run that a caller asks for, and the token by which it may. */
export interface ShownToken {
  readonly run: RunKey;
  readonly token: string | undefined;
}

/** Throws MillraceError `token.invalid` for a token that was not made with the key, has expired, or is another run's. */
export function readToken(key: Uint8Array, { run, token }: ShownToken, now: number): TokenClaims {
  const [text = "", signature = ""] = (token ?? "").split(".");
  if (!isSame(mac(key, "token", text), Buffer.from(signature, "base64url"))) throw invalid();
  const claims = JSON.parse(Buffer.from(text, "base64url").toString()) as TokenClaims;
  if (claims.flow !== run.flow || claims.run !== run.run || claims.expiresAt < now) throw invalid();
  return claims;
}

function invalid(): MillraceError {
  return new MillraceError("token.invalid", "The token does not speak for an attempt of this run");
}

/**
 * Says that an attempt may read a blob: it goes with every reference that the attempt gets, so that a URL is signed for exactly
 * these, whenever it is asked for, without looking anything up.
 */
export function makeGrant(key: Uint8Array, attempt: RunKey & AttemptKey, hash: string): string {
  return mac(key, "grant", nameOf(attempt), hash).subarray(0, GRANT_BYTES).toString("base64url");
}

export function isGrant(
  key: Uint8Array,
  attempt: RunKey & AttemptKey,
  { hash, grant }: { readonly hash: string; readonly grant: string },
): boolean {
  const expected = mac(key, "grant", nameOf(attempt), hash).subarray(0, GRANT_BYTES);
  return isSame(expected, Buffer.from(grant, "base64url"));
}

const GRANT_BYTES = 16;

/** The SHA-256 of a manifest, whatever the order of its names. */
export function digestOf(manifest: Manifest): string {
  const entries = Object.keys(manifest)
    .toSorted()
    .map((name) => {
      const ref = manifest[name]!;
      return "inline" in ref
        ? [name, ref.size, ref.inline]
        : [name, ref.size, ref.blob, ref.at ?? null, ref.head ?? null];
    });
  return createHash("sha256").update(JSON.stringify(entries)).digest("base64url");
}

function nameOf({ flow, run, step, index, attempt }: RunKey & AttemptKey): string {
  return `${flow}/${run}/${step}/${index}/${attempt}`;
}

/** The purpose comes first, so that a signature for one is none for another; no part has a line break. */
function mac(key: Uint8Array, purpose: string, ...parts: readonly string[]): Buffer {
  return createHmac("sha256", key)
    .update([purpose, ...parts].join("\n"))
    .digest();
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
