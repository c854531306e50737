import * as crypto from "node:crypto";
import { MillraceError } from "../../graph/errors.ts";
import { accountError } from "../../aws/account-error.ts";
import type { AnswerOf, BodyOf, PathOf, QueryOf, RouteName } from "../../functions/api/contract.ts";
import { errorOf } from "../../functions/api/problem.ts";
import { sendPatiently } from "../../runtime/patience.ts";
import { routeAddress } from "../../runtime/route-address.ts";
import { signRequest, type Credentials } from "../../aws/signature.ts";
import type { SyncRequest } from "../../runtime/fetch-sync.ts";
import { isOnThisMachine, type AccountProfile } from "./profiles.ts";

/** What a route is asked: of its path, its query and its body what it has of each. */
export type ApiRequest<Name extends RouteName> = Asking<"path", PathOf<Name>> &
  Asking<"query", QueryOf<Name>> &
  Asking<"body", BodyOf<Name>> & { readonly headers?: Readonly<Record<string, string>> };

/** May be left out where nothing of it has to be there. */
type Asking<Part extends string, Content> = [Content] extends [undefined]
  ? { readonly [P in Part]?: Record<string, never> }
  : {} extends Content
    ? { readonly [P in Part]?: Content }
    : { readonly [P in Part]: Content };

/** Calls an account's HTTP API, signed by the person at this machine. */
export class ApiClient {
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

  /** Throws MillraceError for whatever the API refuses, with the code and hint that it gives, and where it can't be reached. */
  async call<Name extends RouteName>(route: Name, request: ApiRequest<Name>): Promise<AnswerOf<Name>> {
    await this.prepare();
    let response: Response;
    try {
      response = await sendPatiently(() => {
        const { url, ...init } = this.signed(route, request);
        return fetch(url, init);
      }, 6);
    } catch (error) {
      throw unreachable(error instanceof Error && error.cause ? error.cause : error, this.#profile.api);
    }
    const text = await response.text();
    const content: unknown = text === "" ? {} : parse(text);
    if (!response.ok) throw errorOf(response.status, content);
    return content as AnswerOf<Name>;
  }

  /** Reads the credentials that `signed` takes. */
  async prepare(): Promise<void> {
    const { expiresAt = Infinity } = this.#credentials ?? { expiresAt: 0 };
    if (Date.now() > expiresAt - 5 * 60_000) this.#credentials = await this.#readCredentials();
  }

  /** A request that is ready to be sent; `prepare` has been called. */
  signed<Name extends RouteName>(
    route: Name,
    { path, query, body, headers = {} }: ApiRequest<Name>,
  ): SyncRequest & { readonly method: string } {
    const address = routeAddress(this.#profile.api, route, (path ?? {}) as PathOf<Name>);
    const { method } = address;
    const url = address.url + search(query ?? {});
    const text = body === undefined ? undefined : JSON.stringify(body);
    const { region } = this.#profile;
    const signature = signRequest(crypto, { method, url, region, body: text }, this.#credentials!);
    if (text === undefined) return { url, method, headers: { ...headers, ...signature } };
    return { url, method, headers: { ...headers, ...signature, "content-type": "application/json" }, body: text };
  }
}

function unreachable(cause: unknown, api: string): unknown {
  const error = accountError(cause, api);
  if (!(error instanceof MillraceError) || !isOnThisMachine(api)) return error;
  const { port } = new URL(api);
  const hint = `Start the server again in the folder of its store with: millrace emulate --port ${port}. To do without it, unset MILLRACE_SERVICE_URL.`;
  return new MillraceError(error.code, error.detail, { hint, cause });
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
