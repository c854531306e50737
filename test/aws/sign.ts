import { createHash, createHmac } from "node:crypto";

interface ToSign {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  readonly service: string;
  /** The answer goes into the query instead of the headers. */
  readonly presign?: boolean;
  /** Whose signature it is: the administrator's where nothing is said. */
  readonly by?: Keys;
  /** Other headers that are signed with it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** When it is made. */
  readonly at?: Date;
  /** For how long the URL is good. */
  readonly seconds?: number;
}

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export const ADMINISTRATOR: Keys = { accessKeyId: "testing", secretAccessKey: "testing" };

/** AWS Signature Version 4: a second reading of the specification, beside the account's. */
export function signedHeaders(wanted: ToSign): Record<string, string> {
  const { method, url, body, service, presign = false, by = ADMINISTRATOR, at = new Date(), seconds = 900 } = wanted;
  const stamp = at.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const scope = `${stamp.slice(0, 8)}/us-east-1/${service}/aws4_request`;
  const algorithm = "AWS4-HMAC-SHA256";
  const hash = presign ? "UNSIGNED-PAYLOAD" : sha256(body);
  const all: Record<string, string> = {
    ...wanted.headers,
    host: url.host,
    ...(!presign && { ...(service === "s3" && { "x-amz-content-sha256": hash }), "x-amz-date": stamp }),
    ...(!presign && by.sessionToken && { "x-amz-security-token": by.sessionToken }),
  };
  const headers = Object.fromEntries(Object.entries(all).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  const names = Object.keys(headers);
  const given = {
    "X-Amz-Algorithm": algorithm,
    "X-Amz-Credential": `${by.accessKeyId}/${scope}`,
    "X-Amz-Date": stamp,
    "X-Amz-Expires": String(seconds),
    ...(by.sessionToken && { "X-Amz-Security-Token": by.sessionToken }),
    "X-Amz-SignedHeaders": names.join(";"),
  };
  const query = [...url.searchParams, ...(presign ? Object.entries(given) : [])]
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .toSorted();
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  const path = service === "s3" ? url.pathname : url.pathname.split("/").map(encode).join("/");
  const request = [method, path, query.join("&"), ...lines, "", names.join(";"), hash].join("\n");
  const text = [algorithm, stamp, scope, sha256(request)].join("\n");
  const key = scope
    .split("/")
    .reduce<string | Buffer>(
      (secret, part) => createHmac("sha256", secret).update(part).digest(),
      `AWS4${by.secretAccessKey}`,
    );
  const signature = createHmac("sha256", key).update(text).digest("hex");
  if (presign) return { ...given, "X-Amz-Signature": signature };
  const { host: _, ...sent } = headers;
  const credential = `Credential=${by.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { ...sent, authorization: `${algorithm} ${credential}` };
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
