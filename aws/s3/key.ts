import { GetObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { randomBytes } from "node:crypto";
import { accountError } from "../account-error.ts";

export interface S3KeyOptions {
  readonly bucket: string;
  /** Where in the bucket; only the functions that use the key have a right to it. */
  readonly at: string;
  readonly client?: S3ClientConfig;
}

/**
 * A secret key that the deployment makes for itself when it is first wanted, and keeps in its bucket: a secret of AWS
 * Secrets Manager would cost something while nothing runs. To change it, delete the object: tokens of before are void.
 */
export function openS3Key({ bucket, at, client: config = {} }: S3KeyOptions): () => Promise<Uint8Array> {
  const client = new S3Client({ maxAttempts: 8, ...config });
  const place = { Bucket: bucket, Key: at };

  async function read(): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await client.send(new GetObjectCommand(place));
      return await Body!.transformToByteArray();
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchKey") return undefined;
      throw error;
    }
  }

  async function readOrMake(): Promise<Uint8Array> {
    try {
      const known = await read();
      if (known) return known;
      await client.send(new PutObjectCommand({ ...place, Body: randomBytes(32), IfNoneMatch: "*" })).catch((error) => {
        // Another function was first.
        if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== 412) throw error;
      });
      return (await read())!;
    } catch (error) {
      throw accountError(error, `the bucket ${bucket}`);
    }
  }

  let key: Promise<Uint8Array> | undefined;
  return () => {
    key ??= readOrMake();
    key.catch(() => (key = undefined));
    return key;
  };
}
