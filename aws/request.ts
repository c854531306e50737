import * as crypto from "node:crypto";
import { accountError } from "./account-error.ts";
import { signRequest } from "./signature.ts";
import { personalCredentials } from "./credentials.ts";

export interface AwsRequest {
  readonly service: "sts" | "sqs" | "scheduler";
  readonly region: string;
  readonly path: string;
  /** What a service of the query protocol is asked; one that has none is sent a GET. */
  readonly form?: Readonly<Record<string, string>>;
}

export interface AwsAnswer {
  readonly status: number;
  readonly text: string;
  /** By AWS's clock. */
  readonly date: Date | undefined;
}

/** One request to an AWS service that it would not pay to have a client of. Throws MillraceError `account.*` where there is no answer. */
export async function askAws({ service, region, path, form }: AwsRequest): Promise<AwsAnswer> {
  const url = `${endpointOf(service, region)}${path}`;
  const credentials = await personalCredentials();
  try {
    const request = form
      ? { method: "POST", body: new URLSearchParams(form).toString() }
      : { method: "GET", body: undefined };
    const signed = signRequest(crypto, { ...request, url, region, service }, credentials);
    const headers = { ...signed, ...(form && { "content-type": "application/x-www-form-urlencoded" }) };
    const response = await fetch(url, { method: request.method, headers, ...(form && { body: request.body! }) });
    const date = response.headers.get("date");
    return { status: response.status, text: await response.text(), date: date === null ? undefined : new Date(date) };
  } catch (error) {
    throw accountError(error instanceof Error && error.cause ? error.cause : error, url);
  }
}

/** As the AWS SDKs choose it: AWS_ENDPOINT_URL_SERVICE, AWS_ENDPOINT_URL, or the region's own. */
function endpointOf(service: string, region: string): string {
  const endpoint = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? process.env["AWS_ENDPOINT_URL"];
  if (endpoint) return endpoint.replace(/\/+$/, "");
  return `https://${service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}
