import * as crypto from "node:crypto";
import { signRequest } from "../../aws/signature.ts";
import { isSameSecret } from "../../functions/api/is-same-secret.ts";
import { SERVED_KEY_ID } from "../../store/home/server-file.ts";

/** As far as a request's time may be from the server's. AWS allows as much (IAM User Guide, "Signing AWS API requests"). */
const CLOCK_SKEW_MILLISECONDS = 5 * 60_000;
/** As long as a request may be; no request that the API takes is longer. */
const MAX_BYTES = 6 * 1024 * 1024;

/** Whether a request is signed, with its body, by whoever knows the secret: AWS Signature Version 4, as an account's API asks it. */
export async function isSignedWith(secret: string, request: Request, now: number): Promise<boolean> {
  const shown = request.headers.get("authorization") ?? "";
  const [, keyId, region] = /Credential=([\w-]+)\/\d{8}\/([a-z0-9-]+)\/execute-api\/aws4_request,/.exec(shown) ?? [];
  const at = timeOf(request.headers.get("x-amz-date") ?? "");
  if (keyId !== SERVED_KEY_ID || region === undefined || at === undefined) return false;
  if (Math.abs(now - at.getTime()) > CLOCK_SKEW_MILLISECONDS) return false;
  // Read no more than that for somebody who is not known yet. Without a length there is no body.
  const size = Number(request.headers.get("content-length") ?? 0);
  if (!(size <= MAX_BYTES)) return false;
  const body = size > 0 ? await request.clone().text() : "";
  const { authorization = "" } = signRequest(
    crypto,
    { method: request.method, url: request.url, body, region, at },
    { accessKeyId: SERVED_KEY_ID, secretAccessKey: secret },
  );
  return isSameSecret(shown, authorization);
}

/** `20260203T040506Z` */
function timeOf(stamp: string): Date | undefined {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp) ?? [];
  if (year === undefined) return undefined;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
