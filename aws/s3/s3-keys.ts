import { GetObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { randomBytes } from "node:crypto";
import { accountError } from "../account-error.ts";
import { renewedKeys, signingKey, type SigningKey, type SigningKeys } from "./signing-keys.ts";

export interface S3KeysOptions {
  readonly bucket: string;
  /** Where in the bucket the current key is, and the one before it; only the functions that use them have a right to them. */
  readonly current: string;
  readonly previous: string;
  readonly client?: S3ClientConfig;
  readonly now?: () => number;
}

/**
 * Secret keys that the deployment makes for itself when the first is wanted, and keeps in its bucket: a secret of AWS
 * Secrets Manager would cost something while nothing runs. To change the key, move its object to where the previous one is,
 * and a new one is made; to withdraw one, delete its object (docs/aws.md).
 */
export function openS3Keys({ bucket, current, previous, client: config = {}, now }: S3KeysOptions): SigningKeys {
  const client = new S3Client({ maxAttempts: 8, ...config });

  async function read(at: string): Promise<SigningKey | undefined> {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: at }));
      return signingKey(await Body!.transformToByteArray());
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchKey") return undefined;
      throw error;
    }
  }

  async function make(): Promise<SigningKey> {
    const place = { Bucket: bucket, Key: current };
    await client.send(new PutObjectCommand({ ...place, Body: randomBytes(32), IfNoneMatch: "*" })).catch((error) => {
      // Another function was first.
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== 412) throw error;
    });
    return (await read(current))!;
  }

  async function readAll(): Promise<[SigningKey, ...SigningKey[]]> {
    try {
      const [known, before] = await Promise.all([read(current), read(previous)]);
      return [known ?? (await make()), ...(before ? [before] : [])];
    } catch (error) {
      throw accountError(error, `the bucket ${bucket}`);
    }
  }

  return renewedKeys(readAll, now);
}
