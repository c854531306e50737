import * as crypto from "node:crypto";
import { accountError } from "../../aws/account-error.ts";
import type { ROUTES, TASK_ROUTES } from "../../functions/api/contract.ts";
import { errorOf } from "../../functions/api/problem.ts";
import { sendPatiently } from "../../runtime/patience.ts";
import { signRequest, type Credentials } from "../../aws/signature.ts";
import type { SyncRequest } from "../../runtime/fetch-sync.ts";
import type { AccountProfile } from "./profiles.ts";

type Route = (typeof ROUTES)[keyof typeof ROUTES] | (typeof TASK_ROUTES)[keyof typeof TASK_ROUTES];

export interface ApiRequest {
  /** Of the route's path. */
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: object;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls an account's HTTP API, signed by the person at this machine. */
export class Api {
  readonly #profile: Pick<AccountProfile, "api" | "region">;
  readonly #readCredentials: () => Promise<Credentials & { readonly expiresAt?: number }>;
  #credentials: (Credentials & { readonly expiresAt?: number }) | undefined;

  constructor(
    profile: Pick<AccountProfile, "api" | "region">,
    readCredentials: () => Promise<Credentials & { readonly expiresAt?: number }>,
  ) {
    this.#profile = profile;
    this.#readCredentials = readCredentials;
  }

  /** Throws MillraceError for whatever the API refuses, with the code and mend that it tells, and where it can't be reached. */
  async call<T>(route: Route, request: ApiRequest = {}): Promise<T> {
    await this.prepare();
    let response: Response;
    try {
      response = await sendPatiently(() => {
        const { url, ...init } = this.signed(route, request);
        return fetch(url, init);
      }, 6);
    } catch (error) {
      throw accountError(error instanceof Error && error.cause ? error.cause : error, this.#profile.api);
    }
    const text = await response.text();
    const content: unknown = text === "" ? {} : parse(text);
    if (!response.ok) throw errorOf(response.status, content);
    return content as T;
  }

  /** Reads the credentials that `signed` takes. */
  async prepare(): Promise<void> {
    const { expiresAt = Infinity } = this.#credentials ?? { expiresAt: 0 };
    if (Date.now() > expiresAt - 5 * 60_000) this.#credentials = await this.#readCredentials();
  }

  /** A request that is ready to be sent; `prepare` has been called. */
  signed(
    route: string,
    { path = {}, query = {}, body, headers = {} }: ApiRequest,
  ): SyncRequest & { readonly method: string } {
    const [method = "", pattern = ""] = route.split(" ");
    const filled = pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
    const url = this.#profile.api + filled + search(query);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const { region } = this.#profile;
    const signature = signRequest(crypto, { method, url, region, body: text }, this.#credentials!);
    if (text === undefined) return { url, method, headers: { ...headers, ...signature } };
    return { url, method, headers: { ...headers, ...signature, "content-type": "application/json" }, body: text };
  }
}

function search(query: object): string {
  const asked = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) asked.set(key, String(value));
  return asked.size > 0 ? `?${asked.toString().replaceAll("+", "%20")}` : "";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 200) };
  }
}
