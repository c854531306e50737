import { mapConcurrently } from "../../graph/concurrently.ts";
import { MillraceError, type Where } from "../../graph/errors.ts";
import type { Manifest } from "../../store/artifacts/manifest.ts";
import type { BlobStore } from "../../store/blobs/blobs.ts";
import type { BlobSize } from "../../store/blobs/signer.ts";
import type { SignResponse } from "./sign-schemas.ts";
import type { Signer } from "../../store/blobs/signer.ts";

/** Requests that one call has under way. */
const AT_ONCE = 32;

/** The blobs that manifests refer to, each once, in their order. */
export function hashesOf(...manifests: readonly Manifest[]): string[] {
  const hashes = new Set<string>();
  for (const manifest of manifests) for (const ref of Object.values(manifest)) if ("blob" in ref) hashes.add(ref.blob);
  return [...hashes];
}

/** Throws MillraceError `artifact.notStored` where one of them is not there: an upload that never came to its end. */
export async function allStored(blobs: Pick<BlobStore, "has">, hashes: readonly string[], where: Where): Promise<void> {
  const stored = await mapConcurrently(AT_ONCE, hashes, (hash) => blobs.has(hash));
  const missing = hashes.find((_, i) => !stored[i]);
  if (missing !== undefined) throw notStored(missing, where);
}

export function notStored(hash: string, where: Where): MillraceError {
  return new MillraceError("artifact.notStored", `The blob ${hash} was named but never stored`, { where });
}

/** URLs for blobs; none to write what is stored already. */
export async function signAll(
  { blobs, signer }: { readonly blobs: Pick<BlobStore, "has">; readonly signer: Signer },
  reads: readonly string[],
  writes: readonly BlobSize[],
): Promise<SignResponse> {
  const readable = await mapConcurrently(AT_ONCE, reads, async (hash) => [hash, await signer.signRead(hash)] as const);
  const writable = await mapConcurrently(AT_ONCE, writes, async (blob) =>
    (await blobs.has(blob.hash)) ? undefined : ([blob.hash, await signer.signWrite(blob)] as const),
  );
  return {
    reads: Object.fromEntries(readable),
    writes: Object.fromEntries(writable.filter((one) => one !== undefined)),
  };
}
