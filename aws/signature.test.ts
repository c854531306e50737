import * as crypto from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, test } from "vitest";
import { signRequest } from "./signature.ts";

const now = new Date("2026-02-03T04:05:06Z");
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

/** AWS's own signer, as a second opinion. */
class Sha256 {
  readonly #hash: crypto.Hash | crypto.Hmac;
  constructor(key?: crypto.BinaryLike) {
    this.#hash = key === undefined ? crypto.createHash("sha256") : crypto.createHmac("sha256", key);
  }
  update(data: crypto.BinaryLike) {
    this.#hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.#hash.digest());
  }
  reset() {}
}

async function awsSignature(
  { method, url, body = "" }: { method: string; url: string; body?: string },
  sessionToken?: string,
): Promise<string> {
  const { host, hostname, pathname, searchParams } = new URL(url);
  const signer = new SignatureV4({
    service: "execute-api",
    region: "eu-west-1",
    credentials: { ...credentials, ...(sessionToken && { sessionToken }) },
    sha256: Sha256 as never,
    applyChecksum: false,
  });
  const request = {
    method,
    protocol: "https:",
    hostname,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host },
    body,
  };
  return (await signer.sign(request, { signingDate: now })).headers["authorization"]!;
}

describe("a request's signature", () => {
  test.each([
    ["GET", "https://api.example.com/flows", ""],
    ["POST", "https://api.example.com/runs/Stats/1/tasks/start", '{"step":"é"}'],
    ["GET", "https://api.example.com/flows?limit=3&cursor=a%2Fb%3D%20c&a-b=1&a=2", ""],
    ["GET", "https://api.example.com/flows/a%20b/runs/1/tasks/s/0.1/attempts", ""],
    ["PUT", "http://127.0.0.1:5556/id/flows/x!'()*", "{}"],
  ])("is the one that AWS computes: %s %s", async (method, url, body) => {
    const headers = signRequest(crypto, { method, url, body, region: "eu-west-1", at: now }, credentials);
    expect(headers["authorization"]).toBe(await awsSignature({ method, url, body }));
  });

  test("covers the session's token", async () => {
    const request = { method: "GET", url: "https://api.example.com/flows", region: "eu-west-1", at: now };
    const headers = signRequest(crypto, request, { ...credentials, sessionToken: "SESSION" });
    expect(headers["x-amz-security-token"]).toBe("SESSION");
    expect(headers["authorization"]).toBe(await awsSignature(request, "SESSION"));
  });
});
