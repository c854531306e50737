import { createHash, createHmac } from "node:crypto";

interface ToSign {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  readonly service: string;
  /** The answer goes into the query instead of the headers. */
  readonly presign?: boolean;
}

/** AWS Signature Version 4 as the test's own user: a second reading of the specification, beside the account's. */
export function signedHeaders({ method, url, body, service, presign = false }: ToSign): Record<string, string> {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const scope = `${stamp.slice(0, 8)}/us-east-1/${service}/aws4_request`;
  const algorithm = "AWS4-HMAC-SHA256";
  const given = {
    "X-Amz-Algorithm": algorithm,
    "X-Amz-Credential": `testing/${scope}`,
    "X-Amz-Date": stamp,
    "X-Amz-Expires": "900",
    "X-Amz-SignedHeaders": "host",
  };
  const query = [...url.searchParams, ...(presign ? Object.entries(given) : [])]
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .toSorted();
  const names = presign ? ["host"] : ["host", "x-amz-date"];
  const lines = presign ? [`host:${url.host}`] : [`host:${url.host}`, `x-amz-date:${stamp}`];
  const path = service === "s3" ? url.pathname : url.pathname.split("/").map(encode).join("/");
  const request = [
    method,
    path,
    query.join("&"),
    ...lines,
    "",
    names.join(";"),
    presign ? "UNSIGNED-PAYLOAD" : sha256(body),
  ].join("\n");
  const text = [algorithm, stamp, scope, sha256(request)].join("\n");
  const key = scope
    .split("/")
    .reduce<string | Buffer>((secret, part) => createHmac("sha256", secret).update(part).digest(), "AWS4testing");
  const signature = createHmac("sha256", key).update(text).digest("hex");
  if (presign) return { ...given, "X-Amz-Signature": signature };
  return {
    "x-amz-date": stamp,
    authorization: `${algorithm} Credential=testing/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
