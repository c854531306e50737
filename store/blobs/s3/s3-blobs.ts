import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { concurrently } from "../../../graph/concurrently.ts";
import { accountError } from "../../../aws/account-error.ts";
import type { BlobStore } from "../blobs.ts";
import { checkRead, checkWritten, missing } from "../check.ts";
import { md5Of } from "../hash.ts";
import { inPieces } from "../pieces.ts";

export interface S3BlobOptions {
  readonly bucket: string;
  /** Blobs are at `PREFIX` + hash; `blobs/` unless given. */
  readonly prefix?: string;
  /** Region, endpoint, credentials; from the environment unless given. */
  readonly client?: S3ClientConfig;
}

/**
 * Blobs as objects of a bucket. S3 checks what it takes against the SHA-256 that goes along, and never puts one over
 * another. Import it only where it is used, for it loads the AWS SDK.
 *
 * @throws MillraceError, besides those of BlobStore, where the account is at fault: `account.credentials`,
 * `account.denied`, `account.missing`, `account.busy`, `account.unreachable`.
 */
export function openS3Blobs({
  bucket,
  prefix = "blobs/",
  client: config = {},
}: S3BlobOptions): BlobStore & { close(): void } {
  const client = new S3Client({ maxAttempts: ATTEMPTS, ...config });
  const place = (hash: string): BlobPlace => ({ bucket, key: prefix + hash, hash });

  /** The blob's ETag; undefined where it is not there. */
  async function etagOf(hash: string): Promise<string | undefined> {
    try {
      return (await client.send(new HeadObjectCommand(objectOf(place(hash))))).ETag ?? "";
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw failure(error);
    }
  }

  const has = async (hash: string) => (await etagOf(hash)) !== undefined;

  /**
   * Of what was sent as a whole the ETag is the MD5, where the bucket's encryption is S3's own, as ours is. Source: Amazon
   * S3 API reference, "Object". What went up in parts is read.
   */
  async function md5(hash: string): Promise<string | undefined> {
    const etag = await etagOf(hash);
    if (etag === undefined) return undefined;
    return /^"?([0-9a-f]{32})"?$/.exec(etag)?.[1] ?? md5Of([await read(hash)]);
  }

  async function write(hash: string, bytes: readonly Uint8Array[]): Promise<void> {
    checkWritten(hash, bytes);
    const size = bytes.reduce((sum, segment) => sum + segment.length, 0);
    // A small one is sent at once, and S3 keeps the one it has.
    if (size > ASK_FIRST && (await has(hash))) return;
    try {
      if (size <= PART) await writeWhole(client, place(hash), bytes);
      else await writeParts(client, place(hash), bytes);
    } catch (error) {
      if (statusOf(error) !== 412) throw failure(error);
    }
  }

  async function read(hash: string): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { Body, ContentLength } = await client.send(new GetObjectCommand(objectOf(place(hash))));
        const bytes = await collected(Body as Readable, ContentLength!);
        checkRead(hash, bytes);
        return bytes;
      } catch (error) {
        if ((error as Error).name === "NoSuchKey") throw missing(hash);
        // The client tries a request again, but not an answer that breaks off.
        if (!isCut(error) || attempt === READS) throw failure(error);
      }
    }
  }

  const failure = (error: unknown) => accountError(error, `the bucket ${bucket}`);

  return {
    write,
    read,
    has,
    md5,
    close() {
      client.destroy();
    },
  };
}

const ATTEMPTS = 8;
/** Blobs above this are looked for before they are sent. */
const ASK_FIRST = 64 * 1024;
/** Blobs above this go up in parts of it. */
const PART = 16 * 1024 * 1024;
const PARTS_AT_ONCE = 3;
const READS = 4;
/** Attempts of a write that meets another one of the same blob. */
const CONFLICTS = 10;

interface BlobPlace {
  readonly bucket: string;
  readonly key: string;
  readonly hash: string;
}

function objectOf({ bucket, key }: BlobPlace) {
  return { Bucket: bucket, Key: key };
}

async function writeWhole(client: S3Client, place: BlobPlace, bytes: readonly Uint8Array[]): Promise<void> {
  const Body = bytes.length === 1 ? bytes[0]! : Buffer.concat(bytes);
  const ChecksumSHA256 = Buffer.from(place.hash, "hex").toString("base64");
  await retried(() =>
    client.send(new PutObjectCommand({ ...objectOf(place), Body, ChecksumSHA256, IfNoneMatch: "*" })),
  );
}

/** Each part with its own checksum: S3 has none over the whole of an object in parts, but readers have its hash. */
async function writeParts(client: S3Client, place: BlobPlace, bytes: readonly Uint8Array[]): Promise<void> {
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...objectOf(place), ChecksumAlgorithm: "SHA256" }),
  );
  const upload = { ...objectOf(place), UploadId };
  try {
    const parts: { PartNumber: number; ETag: string | undefined; ChecksumSHA256: string }[] = [];
    await concurrently(PARTS_AT_ONCE, inPieces(bytes, PART), async (Body, position) => {
      const PartNumber = position + 1;
      const ChecksumSHA256 = createHash("sha256").update(Body).digest("base64");
      const part = { PartNumber, ETag: undefined as string | undefined, ChecksumSHA256 };
      parts.push(part);
      part.ETag = (await client.send(new UploadPartCommand({ ...upload, Body, PartNumber, ChecksumSHA256 }))).ETag;
    });
    await client.send(
      new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts }, IfNoneMatch: "*" }),
    );
  } catch (error) {
    // Parts that nobody completes are paid for until the bucket's lifecycle takes them away.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

/** Two that write one blob at once may both be answered that they shall try again. */
async function retried<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (statusOf(error) !== 409 || attempt === CONFLICTS) throw error;
    }
  }
}

/** The body in memory of its own and of just that size, so that a large array can be that memory and no copy. */
async function collected(body: Readable, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for await (const chunk of body) {
    bytes.set(chunk as Uint8Array, at);
    at += (chunk as Uint8Array).length;
  }
  if (at < size)
    throw Object.assign(new Error(`The answer broke off after ${at} of ${size} bytes`), { code: "ECONNRESET" });
  return bytes;
}

function isCut(error: unknown): boolean {
  return ["ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE", "EPIPE"].includes(String((error as NodeJS.ErrnoException).code));
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
