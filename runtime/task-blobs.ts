import type { BlobSize, Readable, SignForTaskRequest, SignResponse, Upload } from "../functions/api/contract.ts";
import { checkRead } from "../functions/blobs/check.ts";
import type { Blobs } from "../functions/tasks/outcome.ts";
import { fetchSync } from "./fetch-sync.ts";
import { sendPatiently } from "./patience.ts";

/** Gives signed URLs for what an attempt may read, and is about to write. */
export interface Signer {
  sign(request: SignForTaskRequest): Promise<SignResponse>;
  signSync(request: SignForTaskRequest): SignResponse;
}

/** As many as one request for signatures may name. */
const SIGNED_AT_ONCE = 200;
const UPLOADS_AT_ONCE = 8;

/**
 * An attempt's artifacts by signed URLs: read when a handler touches them, written once all are there. What it may not
 * read, nobody signs for it.
 */
export class TaskBlobs implements Blobs {
  readonly #signer: Signer;
  readonly #readable = new Map<string, Readable>();
  readonly #written = new Map<string, readonly Uint8Array[]>();

  constructor(signer: Signer) {
    this.#signer = signer;
  }

  allow(readable: readonly Readable[]): void {
    for (const one of readable) if (!this.#readable.has(one.hash)) this.#readable.set(one.hash, one);
  }

  readonly read = (hash: string): Uint8Array => {
    const own = this.#written.get(hash);
    if (own) return Buffer.concat(own);
    const readable = this.#readable.get(hash);
    if (!readable) throw new Error(`this task may not read the blob ${hash}`);
    const bytes = this.#fetch(readable);
    checkRead(hash, bytes);
    return bytes;
  };

  #fetch(readable: Readable): Uint8Array {
    if (readable.url !== undefined) {
      const [response] = fetchSync([{ url: readable.url }]);
      if (response!.status === 200) return response!.body;
    }
    // The URL has not come yet, or is no longer good.
    const url = this.#signAgain(readable);
    const [response] = fetchSync([{ url }]);
    if (response!.status === 200) return response!.body;
    throw new Error(`the blob ${readable.hash} could not be read: status ${response!.status}`);
  }

  /** Those that have no URL yet are asked for along with it, as many as may be. */
  #signAgain(asked: Readable): string {
    const reads = new Map([[asked.hash, asked]]);
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
    const url = signed.reads[asked.hash];
    if (url === undefined) throw new Error(`nobody signs for the blob ${asked.hash}`);
    return url;
  }

  readonly write = (hash: string, bytes: readonly Uint8Array[]): void => {
    this.#written.set(hash, bytes);
  };

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

interface Waiting {
  readonly upload: Upload;
  readonly bytes: readonly Uint8Array[];
}

/** Uploads a few at a time. */
export async function uploadAll(waiting: readonly Waiting[]): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let at = next++; at < waiting.length; at = next++) await uploadOne(waiting[at]!);
  };
  await Promise.all(Array.from({ length: Math.min(UPLOADS_AT_ONCE, waiting.length) }, work));
}

async function uploadOne({ upload, bytes }: Waiting): Promise<void> {
  const body = bytes.length === 1 ? bytes[0]! : new Blob(bytes as Uint8Array<ArrayBuffer>[]);
  const response = await sendPatiently(() => fetch(upload.url, { method: "PUT", headers: upload.headers, body }));
  const told = await response.text();
  if (!response.ok) throw new Error(`an upload was answered with status ${response.status}: ${told.slice(0, 500)}`);
}

function sizeOf(bytes: readonly Uint8Array[]): number {
  return bytes.reduce((sum, { length }) => sum + length, 0);
}
