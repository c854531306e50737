import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { SigningKey, SigningKeys } from "../../aws/s3/signing-keys.ts";
import { MillraceError } from "../../graph/errors.ts";
import type { StepOptions } from "../../graph/graph.ts";
import { longestAttemptSeconds } from "../../statemachines/contract/retries.ts";
import { LIMITS } from "../../statemachines/limits.ts";
import type { Manifest } from "../../store/artifacts/manifest.ts";
import type { AttemptKey } from "../../graph/task-key.ts";
import type { RunKey } from "../../graph/run-name.ts";

/**
 * What an attempt's token says: whose it is, and what finishing it is checked against without asking the ledger again.
 * It is signed (HMAC-SHA-256) by a key that the API's functions alone hold, and begins with that key's id; it is not
 * encrypted: nothing in it is a secret.
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

/** Of what is left to do once a step has ended or was ended: to store what it leaves, and to report. */
const REPORT_SECONDS = 600;

/** A step without a timeout, whose own machine nobody ends. */
const LONGEST_SECONDS = LIMITS.fargateSeconds + 86_400;

/**
 * How long an attempt's token is good: for as long as the attempt may take, the wait before a retry included. Each further
 * attempt gets one of its own.
 */
export function tokenMilliseconds(options: StepOptions): number {
  const { timeout, compute } = options;
  const longest = timeout === undefined ? LONGEST_SECONDS : longestAttemptSeconds(options, timeout);
  return 1_000 * (REPORT_SECONDS + (compute === "lambda" ? Math.min(longest, LIMITS.lambdaSeconds) : longest));
}

export function makeToken({ id, bytes }: SigningKey, claims: TokenClaims): string {
  const text = `${id}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  return `${text}.${mac(bytes, "token", text).toString("base64url")}`;
}

/** The run that a caller asks for, and the token by which it may. */
export interface ShownToken {
  readonly run: RunKey;
  readonly token: string | undefined;
}

/** What a token says that was found to be good, and the key that it was made with. */
export interface GoodToken {
  readonly key: SigningKey;
  readonly claims: TokenClaims;
}

/**
 * Throws MillraceError `token.invalid` for a token that was made with no key that is good still, has expired, or is another
 * run's.
 */
export async function readToken(
  { keys, now }: { readonly keys: SigningKeys; readonly now: () => number },
  { run, token }: ShownToken,
): Promise<GoodToken> {
  const [id = "", text = "", signature = ""] = (token ?? "").split(".");
  const key = id === "" ? undefined : await keys.find(id);
  if (!key || !isSame(mac(key.bytes, "token", `${id}.${text}`), Buffer.from(signature, "base64url"))) throw invalid();
  const claims = JSON.parse(Buffer.from(text, "base64url").toString()) as TokenClaims;
  if (claims.flow !== run.flow || claims.run !== run.run || claims.expiresAt < now()) throw invalid();
  return { key, claims };
}

function invalid(): MillraceError {
  return new MillraceError("token.invalid", "The token does not speak for an attempt of this run");
}

/**
 * Says that an attempt may read a blob: it goes with every reference that the attempt gets, so that a URL is signed for exactly
 * these, whenever it is asked for, without looking anything up.
 */
export function makeGrant(key: SigningKey, attempt: RunKey & AttemptKey, hash: string): string {
  return mac(key.bytes, "grant", nameOf(attempt), hash).subarray(0, GRANT_BYTES).toString("base64url");
}

export function isGrant(
  { key, claims }: GoodToken,
  { hash, grant }: { readonly hash: string; readonly grant: string },
): boolean {
  const expected = mac(key.bytes, "grant", nameOf(claims), hash).subarray(0, GRANT_BYTES);
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
