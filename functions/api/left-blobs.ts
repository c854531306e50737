import { mapConcurrently } from "../../graph/concurrently.ts";
import { MillraceError, type Where } from "../../graph/errors.ts";
import type { BlobStore } from "../../store/blobs/blobs.ts";
import { isSameSecret } from "./is-same-secret.ts";
import { notStored } from "./references.ts";
import type { LeftBlob } from "./task-schemas.ts";
import { isGrant, type GoodToken } from "./task-token.ts";

/** Requests that one call has under way. */
const AT_ONCE = 32;

/**
 * Holds what an attempt leaves to what it has: a blob that it was granted, or one whose bytes it can tell of. Whoever only
 * knows a blob's hash, its name, can't tell its MD5, which the store tells along with whether the blob is there. Whether the
 * attempt has sent the bytes itself says less: those that are stored already are not sent again.
 *
 * @throws MillraceError `grant.invalid`, `artifact.notStored`.
 */
export async function checkLeftBlobs(
  blobs: Pick<BlobStore, "md5">,
  token: GoodToken,
  {
    hashes,
    shown,
    where,
  }: { readonly hashes: readonly string[]; readonly shown: readonly LeftBlob[]; readonly where: Where },
): Promise<void> {
  const byHash = new Map(shown.map((one) => [one.hash, one]));
  const refusals = await mapConcurrently(AT_ONCE, hashes, async (hash) => {
    const { grant, md5 } = byHash.get(hash) ?? {};
    const stored = await blobs.md5(hash);
    const isGranted = grant !== undefined && isGrant(token, { hash, grant });
    const isKnown = md5 !== undefined && stored !== undefined && isSameSecret(md5, stored);
    if (isGranted || isKnown) return stored === undefined ? notStored(hash, where) : undefined;
    if (md5 !== undefined && stored === undefined) return notStored(hash, where);
    return new MillraceError(
      "grant.invalid",
      `The attempt leaves the blob ${hash}, which it neither was given nor stored`,
      {
        where,
        hint: "Use the version of millrace that the account has.",
      },
    );
  });
  const [refusal] = refusals.filter((one) => one !== undefined);
  if (refusal) throw refusal;
}
