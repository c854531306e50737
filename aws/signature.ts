import type * as crypto from "node:crypto";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface RequestToSign {
  readonly method: string;
  readonly url: string;
  readonly body?: string | undefined;
  readonly region: string;
  /** The HTTP API unless another is named. */
  readonly service?: string;
  /** When it is signed; the present moment unless another is named. */
  readonly at?: Date | undefined;
}

/**
 * The headers that sign a request for the HTTP API with AWS Signature Version 4 (AWS IAM User Guide, "Create a signed AWS
 * API request"). It names nothing outside of itself, for the bootstrap program carries its text into containers.
 */
export function signRequest(
  { createHash, createHmac }: Pick<typeof crypto, "createHash" | "createHmac">,
  { method, url, body = "", region, service = "execute-api", at = new Date() }: RequestToSign,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
): Record<string, string> {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (one) => "%" + one.charCodeAt(0).toString(16).toUpperCase());
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const { host, pathname, searchParams } = new URL(url);
  const stamp = at.toISOString().replace(/[-:]|\.\d+/g, "");
  const signed: [string, string][] = [
    ["host", host],
    ["x-amz-date", stamp],
  ];
  if (sessionToken) signed.push(["x-amz-security-token", sessionToken]);
  const names = signed.map(([name]) => name).join(";");
  const query = Array.from(searchParams, ([key, value]) => [encode(key), encode(value)] as const);
  query.sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
  const request = [
    method,
    pathname.split("/").map(encode).join("/"),
    query.map((pair) => pair.join("=")).join("&"),
    ...signed.map((pair) => pair.join(":")),
    "",
    names,
    sha256(body),
  ].join("\n");
  const scope = [stamp.slice(0, 8), region, service, "aws4_request"];
  const text = ["AWS4-HMAC-SHA256", stamp, scope.join("/"), sha256(request)].join("\n");
  let key: string | Buffer = "AWS4" + secretAccessKey;
  for (const part of scope) key = createHmac("sha256", key).update(part).digest();
  const signature = createHmac("sha256", key).update(text).digest("hex");
  const credential = accessKeyId + "/" + scope.join("/");
  return {
    "x-amz-date": stamp,
    ...(sessionToken && { "x-amz-security-token": sessionToken }),
    authorization:
      "AWS4-HMAC-SHA256 Credential=" + credential + ", SignedHeaders=" + names + ", Signature=" + signature,
  };
}
