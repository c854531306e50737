import { createHmac } from "node:crypto";
import { isSameSecret } from "../../functions/api/is-same-secret.ts";
import type { Signer } from "../../store/blobs/signer.ts";
import type { BlobStore } from "../../store/blobs/blobs.ts";

const EXPIRES_MILLISECONDS = 3_600_000;

/** URLs that read or write one blob and nothing else, as S3's presigned ones do, and what answers them. */
export interface BlobUrls extends Signer {
  /** Answers a request below `/blobs/`. */
  answer(request: Request): Promise<Response>;
}

/** @param url where the server is; known once it listens. */
export function blobUrls(blobs: BlobStore, key: Uint8Array, url: () => string): BlobUrls {
  const mac = (method: string, hash: string, until: string) =>
    createHmac("sha256", key).update(`${method} ${hash} ${until}`).digest("base64url");
  const sign = (method: string, hash: string) => {
    const until = String(Date.now() + EXPIRES_MILLISECONDS);
    return `${url()}/blobs/${hash}?until=${until}&signature=${mac(method, hash, until)}`;
  };
  return {
    signRead: async (hash) => sign("GET", hash),
    signWrite: async ({ hash }) => ({ url: sign("PUT", hash), headers: {} }),
    async answer(request) {
      const { pathname, searchParams } = new URL(request.url);
      const hash = pathname.slice("/blobs/".length);
      const until = searchParams.get("until") ?? "";
      const isSigned = isSameSecret(searchParams.get("signature") ?? "", mac(request.method, hash, until));
      if (!isSigned || !(Number(until) > Date.now())) return new Response(null, { status: 403 });
      if (request.method === "GET") return new Response((await blobs.read(hash)) as Uint8Array<ArrayBuffer>);
      try {
        await blobs.write(hash, [new Uint8Array(await request.arrayBuffer())]);
        return new Response(null, { status: 200 });
      } catch (error) {
        return new Response((error as Error).message, { status: 400 });
      }
    },
  };
}
