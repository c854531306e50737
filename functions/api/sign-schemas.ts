import { z } from "zod";
import type { BlobSize } from "../../store/blobs/signer.ts";
import { hash, list, text, upload } from "./schemas.ts";

/** URLs of one answer. */
const MAX_URLS = 200;
const blobSize: z.ZodType<BlobSize> = z.strictObject({
  hash,
  size: z
    .int()
    .min(0)
    .max(5 * 1024 ** 3),
});
const few = ({ reads, writes }: { reads: readonly unknown[]; writes: readonly unknown[] }) =>
  reads.length + writes.length <= MAX_URLS;

/** For readers and for engines on people's machines. */
export const signRequestSchema = z
  .strictObject({ reads: list(z.array(hash)), writes: list(z.array(blobSize)) })
  .refine(few, `at most ${MAX_URLS} URLs at once`);

/** For tasks: what they may read is what they were granted. */
export const signForTaskRequest = z
  .strictObject({
    reads: list(z.array(z.strictObject({ hash, grant: text(64) }))),
    writes: list(z.array(blobSize)),
  })
  .refine(few, `at most ${MAX_URLS} URLs at once`);
export type SignForTaskRequest = z.infer<typeof signForTaskRequest>;

/** URLs are good for an hour at most; one that is refused is asked for again. */
export const signResponse = z.strictObject({
  /** By hash. */
  reads: z.record(hash, z.url()),
  /** By hash; without those that are stored already. */
  writes: z.record(hash, upload),
});
export type SignResponse = z.infer<typeof signResponse>;
