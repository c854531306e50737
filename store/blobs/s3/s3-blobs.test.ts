import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isSkipped, startAccount } from "../../../test/aws/account.ts";
import { clientOf } from "../../../test/aws/stack.ts";
import { blobConformance } from "../conformance.ts";
import { hashOf } from "../hash.ts";
import { openS3Blobs } from "./s3-blobs.ts";

const account = await startAccount();

describe.skipIf(isSkipped(account))("blobs in S3", () => {
  if (isSkipped(account)) return;
  const client = clientOf(account);
  const s3 = new S3Client(client);
  const stores: ReturnType<typeof openS3Blobs>[] = [];
  let buckets = 0;

  function open(bucket: string) {
    const store = openS3Blobs({ bucket, client });
    stores.push(store);
    return store;
  }

  async function openNew() {
    const bucket = `blobs-${(buckets += 1)}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    return open(bucket);
  }

  afterEach(() => account.rig("DELETE", "faults"));
  afterAll(async () => {
    for (const store of stores) store.close();
    await account.stop();
  });

  blobConformance(openNew);

  describe("besides", () => {
    let store: Awaited<ReturnType<typeof openNew>>;
    beforeAll(async () => {
      store = await openNew();
    });
    const fail = (match: string, fault: object) => account.rig("POST", "faults", { target: "aws", match, ...fault });
    test("a blob of 40 MB goes up in parts and comes back whole", async () => {
      const bytes = [Buffer.alloc(30_000_000, "a"), Buffer.alloc(10_000_001, "b")];
      await store.write(hashOf(bytes), bytes);
      expect(Buffer.compare(await store.read(hashOf(bytes)), Buffer.concat(bytes))).toBe(0);
    });

    test("a large blob that is there is not sent again", async () => {
      const bytes = [Buffer.alloc(100_000, "c")];
      await store.write(hashOf(bytes), bytes);
      await account.rig("DELETE", "stats");
      await store.write(hashOf(bytes), bytes);
      const { aws = {} } = await account.stats();
      expect(Object.keys(aws)).toEqual([expect.stringMatching(/^s3:HEAD /)]);
    });

    test("a write that S3 throttles and fails for a while gets there", async () => {
      const bytes = [Buffer.from("throttled")];
      await fail("^s3:PUT", { status: 503, code: "SlowDown", times: 2 });
      await fail("^s3:PUT", { status: 500, code: "InternalError", times: 1 });
      await store.write(hashOf(bytes), bytes);
      expect(await store.has(hashOf(bytes))).toBe(true);
    });

    test("a write whose answer is lost is done once more and does no harm", async () => {
      const bytes = [Buffer.from("unanswered")];
      await fail("^s3:PUT", { status: 500, code: "InternalError", after: true });
      await store.write(hashOf(bytes), bytes);
      expect(Buffer.from(await store.read(hashOf(bytes))).toString()).toBe("unanswered");
    });

    test("a read that fails for a while is answered", async () => {
      const bytes = [Buffer.from("read me")];
      await store.write(hashOf(bytes), bytes);
      await fail("^s3:GET", { status: 500, code: "InternalError", times: 2 });
      expect(await store.read(hashOf(bytes))).toHaveLength(7);
    });

    test("a bucket that is not there is told as such", async () => {
      const missing = open("no-such-bucket");
      const hash = hashOf([Buffer.from("x")]);
      await expect(missing.read(hash)).rejects.toMatchObject({
        code: "account.missing",
        message: expect.stringContaining("no-such-bucket") as string,
      });
      await expect(missing.write(hash, [Buffer.from("x")])).rejects.toMatchObject({ code: "account.missing" });
    });

    test("credentials without the right are told as such", async () => {
      const bytes = [Buffer.from("forbidden")];
      await fail("^s3:", { status: 403, code: "AccessDenied", times: 3 });
      await expect(store.write(hashOf(bytes), bytes)).rejects.toMatchObject({ code: "account.denied" });
      await expect(store.read(hashOf(bytes))).rejects.toMatchObject({ code: "account.denied" });
    });
  });
});
