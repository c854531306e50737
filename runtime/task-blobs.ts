import type { BlobSize, Upload } from "../store/blobs/signer.ts";
import type { LeftBlob, Readable, SignForTaskRequest, SignResponse } from "../functions/api/contract.ts";
import { concurrently } from "../graph/concurrently.ts";
import { checkRead } from "../store/blobs/check.ts";
import { md5Of } from "../store/blobs/hash.ts";
import type { Blobs } from "../tasks/outcome.ts";
import type { ValueRef } from "../store/artifacts/manifest.ts";
import { fetchSync } from "./fetch-sync.ts";
import { sendPatiently } from "./patience.ts";

/** Gives signed URLs for what an attempt may read, and is about to write. */
export interface SignBlobs {
  sign(request: SignForTaskRequest): Promise<SignResponse>;
  signSync(request: SignForTaskRequest): SignResponse;
}

/** As many as one request for signatures may name. */
const SIGNED_AT_ONCE = 200;
const UPLOADS_AT_ONCE = 8;
/** Together; one larger than that is never kept. */
const RECENT_BYTES = 32 * 1024 * 1024;

/**
 * An attempt's artifacts by signed URLs: read when a handler touches them, written once all are there. What it may not
 * read, nobody signs for it.
 */
export class TaskBlobs implements Blobs {
  readonly #signer: SignBlobs;
  readonly #readable = new Map<string, Readable>();
  readonly #written = new Map<string, readonly Uint8Array[]>();
  readonly #recent = new RecentBlobs();

  constructor(signer: SignBlobs) {
    this.#signer = signer;
  }

  allow(readable: readonly Readable[]): void {
    for (const one of readable) if (!this.#readable.has(one.hash)) this.#readable.set(one.hash, one);
  }

  readonly read = (hash: string): Uint8Array => {
    const own = this.#written.get(hash);
    if (own) return Buffer.concat(own);
    const recent = this.#recent.get(hash);
    if (recent) return recent;
    const [bytes] = this.#fetch([this.#grantOf(hash)]);
    checkRead(hash, bytes!);
    return bytes!;
  };

  /** Gets them at once and keeps them for the reads that follow, as many as there is room for. */
  readonly ahead = (refs: readonly ValueRef[]): void => {
    const sizes = new Map(refs.flatMap((ref) => ("blob" in ref ? [[ref.blob, ref.size] as const] : [])));
    const [next] = sizes.keys();
    if (next === undefined || this.#isHere(next)) return;
    let room = RECENT_BYTES;
    const wanted = [...sizes].filter(([hash, size]) => !this.#isHere(hash) && (room -= Math.max(size, 1)) >= 0);
    if (wanted.length < 2) return;
    const bytes = this.#fetch(wanted.map(([hash]) => this.#grantOf(hash)));
    wanted.forEach(([hash], i) => {
      checkRead(hash, bytes[i]!);
      this.#recent.add(hash, bytes[i]!);
    });
  };

  #isHere(hash: string): boolean {
    return this.#written.has(hash) || this.#recent.has(hash);
  }

  #grantOf(hash: string): Readable {
    const readable = this.#readable.get(hash);
    if (readable) return readable;
    throw new Error(`this task may not read the blob ${hash}`);
  }

  /** Answers their bytes in the order asked for, which are the caller's own. */
  #fetch(blobs: readonly Readable[]): Uint8Array[] {
    const urls = blobs.map(({ url }) => url ?? "");
    const early = fetchSync(urls.filter(Boolean).map((url) => ({ url })));
    let at = 0;
    const responses = urls.map((url) => (url === "" ? undefined : early[at++]));
    // A URL that has not come yet, or is no longer good.
    const late = blobs.filter((_, i) => responses[i]?.status !== 200);
    const again = fetchSync(this.#signAgain(late).map((url) => ({ url })));
    return blobs.map(({ hash }, i) => {
      const response = responses[i]?.status === 200 ? responses[i] : again.shift()!;
      if (response.status === 200) return response.body;
      throw new Error(`the blob ${hash} could not be read: status ${response.status}`);
    });
  }

  /** Those that have no URL yet are asked for along with it, as many as may be. */
  #signAgain(asked: readonly Readable[]): string[] {
    if (asked.length === 0) return [];
    const reads = new Map(asked.map((one) => [one.hash, one]));
    for (const one of this.#readable.values()) {
      if (reads.size >= SIGNED_AT_ONCE) break;
      if (one.url === undefined) reads.set(one.hash, one);
    }
    const signed = this.#signer.signSync({
      reads: Array.from(reads.values(), ({ hash, grant }) => ({ hash, grant })),
      writes: [],
    });
    for (const [hash, url] of Object.entries(signed.reads)) {
      const one = reads.get(hash);
      if (one) this.#readable.set(hash, { ...one, url });
    }
    return asked.map(({ hash }) => {
      const url = signed.reads[hash];
      if (url === undefined) throw new Error(`nobody signs for the blob ${hash}`);
      return url;
    });
  }

  readonly write = (hash: string, bytes: readonly Uint8Array[]): void => {
    this.#written.set(hash, bytes);
  };

  /** How this attempt comes by each blob that it leaves, as its report tells it. */
  leave(hashes: Iterable<string>): LeftBlob[] {
    return Array.from(hashes, (hash) => {
      const granted = this.#readable.get(hash);
      if (granted) return { hash, grant: granted.grant };
      const own = this.#written.get(hash);
      if (own) return { hash, md5: md5Of(own) };
      throw new Error(`this task has not got the blob ${hash} that it leaves`);
    });
  }

  /** Stores what was written, of it only those that are wanted; resolves once all are whole and stay. */
  async upload(wanted: ReadonlySet<string>): Promise<void> {
    const waiting = [...this.#written].filter(([hash]) => wanted.has(hash));
    for (let from = 0; from < waiting.length; from += SIGNED_AT_ONCE) {
      const page = new Map(waiting.slice(from, from + SIGNED_AT_ONCE));
      const sizes = Array.from(page, ([hash, bytes]): BlobSize => ({ hash, size: sizeOf(bytes) }));
      const { writes } = await this.#signer.sign({ reads: [], writes: sizes });
      await uploadAll(Object.entries(writes).map(([hash, upload]) => ({ upload, bytes: page.get(hash)! })));
    }
  }
}

/** Blobs that were read a moment ago, or will be in a moment; the oldest make room. */
class RecentBlobs {
  readonly #blobs = new Map<string, Uint8Array>();
  #bytes = 0;

  has(hash: string): boolean {
    return this.#blobs.has(hash);
  }

  /** A copy: what is read is the reader's own. */
  get(hash: string): Uint8Array | undefined {
    return this.#blobs.get(hash)?.slice();
  }

  add(hash: string, bytes: Uint8Array): void {
    this.#blobs.set(hash, bytes);
    this.#bytes += bytes.length;
    for (const [oldest, { length }] of this.#blobs) {
      if (this.#bytes <= RECENT_BYTES) break;
      this.#blobs.delete(oldest);
      this.#bytes -= length;
    }
  }
}

interface Waiting {
  readonly upload: Upload;
  readonly bytes: readonly Uint8Array[];
}

/** Uploads a few at a time. */
export async function uploadAll(waiting: readonly Waiting[]): Promise<void> {
  await concurrently(UPLOADS_AT_ONCE, waiting, uploadOne);
}

async function uploadOne({ upload, bytes }: Waiting): Promise<void> {
  const body = bytes.length === 1 ? bytes[0]! : new Blob(bytes as Uint8Array<ArrayBuffer>[]);
  const response = await sendPatiently(() => fetch(upload.url, { method: "PUT", headers: upload.headers, body }));
  const answer = await response.text();
  if (!response.ok) throw new Error(`an upload was answered with status ${response.status}: ${answer.slice(0, 500)}`);
}

function sizeOf(bytes: readonly Uint8Array[]): number {
  return bytes.reduce((sum, { length }) => sum + length, 0);
}
