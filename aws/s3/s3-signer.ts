import { GetObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { MillraceError } from "../../graph/errors.ts";
import type { Signer } from "../../store/blobs/signer.ts";

export interface S3SignerOptions {
  readonly bucket: string;
  /** A blob's key in the bucket. */
  readonly keyOf: (hash: string) => string;
  /** The most that may be uploaded at once; as much as S3 takes in one request (5 GiB) unless given. */
  readonly maxBytes?: number;
  readonly client?: S3ClientConfig;
}

const EXPIRES_SECONDS = 3600;

const S3_MAX_BYTES = 5 * 1024 ** 3;
const MEBIBYTE = 1024 ** 2;

/**
 * Presigned URLs of S3. What the signing function's own role may not do, its URLs can't. Throws MillraceError
 * `upload.tooLarge`.
 */
export function openS3Signer({ bucket, keyOf, maxBytes = S3_MAX_BYTES, client: config }: S3SignerOptions): Signer {
  const client = new S3Client({ ...config });
  return {
    signRead: (hash) =>
      getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: keyOf(hash) }), { expiresIn: EXPIRES_SECONDS }),
    async signWrite({ hash, size }) {
      if (size > maxBytes)
        throw new MillraceError(
          "upload.tooLarge",
          `an upload of ${(size / MEBIBYTE).toFixed(1)} MiB; at most ${Math.floor(maxBytes / MEBIBYTE)} MiB are taken`,
          { hint: "Upload less at once, or deploy Millrace with another bound: npx sls deploy --param maxUploadMiB=…" },
        );
      const checksum = Buffer.from(hash, "hex").toString("base64");
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: keyOf(hash),
        ContentLength: size,
        ChecksumSHA256: checksum,
      });
      // As headers that are signed: in the query a checksum would be one that nobody compares.
      const url = await getSignedUrl(client, command, {
        expiresIn: EXPIRES_SECONDS,
        unhoistableHeaders: new Set(["x-amz-checksum-sha256"]),
        signableHeaders: new Set(["host", "content-length", "x-amz-checksum-sha256"]),
      });
      return { url, headers: { "x-amz-checksum-sha256": checksum, "content-length": String(size) } };
    },
  };
}
