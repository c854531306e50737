import { PutObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { MAX_WIDTH, RANGES_KEY } from "../../statemachines/contract/contract.ts";
import { accountError } from "../account-error.ts";

/** Puts RANGES_KEY into the bucket, once: what distributed Maps count their children by. */
export function openS3Ranges(bucket: string, config: S3ClientConfig = {}): () => Promise<void> {
  const client = new S3Client({ maxAttempts: 8, ...config });
  let stored: Promise<void> | undefined;

  async function store(): Promise<void> {
    const Body = JSON.stringify(Array.from({ length: MAX_WIDTH }, () => 0));
    try {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: RANGES_KEY,
          Body,
          ContentType: "application/json",
          IfNoneMatch: "*",
        }),
      );
    } catch (error) {
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== 412)
        throw accountError(error, `the bucket ${bucket}`);
    }
  }

  return () => {
    stored ??= store();
    stored.catch(() => (stored = undefined));
    return stored;
  };
}
