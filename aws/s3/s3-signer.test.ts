import { describe, expect, test } from "vitest";
import { openS3Signer } from "./s3-signer.ts";

describe("URLs to upload by", () => {
  const client = { region: "us-east-1", credentials: { accessKeyId: "me", secretAccessKey: "mine" } };
  const signer = openS3Signer({ bucket: "store", keyOf: (hash) => `blobs/${hash}`, maxBytes: 10 * 1024 ** 2, client });
  const hash = "ab".repeat(32);

  test("are signed for so many bytes of such a digest", async () => {
    const { url, headers } = await signer.signWrite({ hash, size: 10 * 1024 ** 2 });
    expect(new URL(url).searchParams.get("X-Amz-SignedHeaders")).toBe("content-length;host;x-amz-checksum-sha256");
    expect(headers).toEqual({
      "content-length": "10485760",
      "x-amz-checksum-sha256": Buffer.from(hash, "hex").toString("base64"),
    });
  });

  test("attack: there is none for more than the deployment takes", async () => {
    await expect(signer.signWrite({ hash, size: 10 * 1024 ** 2 + 1 })).rejects.toMatchObject({
      code: "upload.tooLarge",
      message: "an upload of 10.0 MiB; at most 10 MiB are taken",
    });
  });
});
