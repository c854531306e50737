import type { Context, Hono } from "hono";
import type { z } from "zod";
import { MillraceError } from "../../graph/errors.ts";
import { isDeeperThan } from "./json-depth.ts";
import { pathParts } from "./schemas.ts";
import { TASK_TOKEN_HEADER } from "./token-header.ts";

/** What the app knows of a request besides the request: who asks. */
export interface ApiEnv {
  Variables: { signer: RequestSigner };
}
export type Api = Hono<ApiEnv>;

/** Who asks, by how the request is signed. */
export interface RequestSigner {
  /** They may call what such a caller may, and every caller who may less. */
  readonly as: Caller;
  /** Their name where the request was let in: an ARN in an account. */
  readonly principal?: string | undefined;
}

/**
 * Who may call a route, held to wherever it is served. Every request is signed; beyond that:
 * - person: somebody, or the engine of a run on their machine, whose own role may call the API;
 * - task: the role of a task's process, which may call these and the attempt's routes and no other;
 * - attempt: a task's process that shows the token of the attempt that it speaks for (TASK_TOKEN_HEADER).
 */
export type Caller = "person" | "task" | "attempt";

/** From the one that may call every route to the one that may call fewest. */
const CALLERS: readonly Caller[] = ["person", "task", "attempt"];

/** What there is in the `{…}` of a route's path, by name. */
export type PartNames<Name extends string> = Name extends `${string}{${infer Part}}${infer Rest}`
  ? Part | PartNames<Rest>
  : never;
type PathOf<Name extends string> = {
  readonly [Part in PartNames<Name>]: Part extends keyof typeof pathParts ? z.output<(typeof pathParts)[Part]> : never;
};
type Held<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A request, held to the schemas of its route. */
export interface Asked<Name extends string, Query, Body> {
  readonly path: PathOf<Name>;
  readonly query: Held<Query>;
  readonly body: Held<Body>;
  /** What TASK_TOKEN_HEADER carries. */
  readonly token: string | undefined;
  /** Who signed the request, where that is known. */
  readonly principal: string | undefined;
}

type Schema = z.ZodType | undefined;

/** All that there is to know of one route; what clients, the OpenAPI document and the tests know of it is read from here. */
export interface Route<
  Parts,
  Name extends string,
  By extends Caller,
  Query extends Schema,
  Body extends Schema,
  Answer extends Schema,
> {
  /** `METHOD /path/{part}`; the parts are percent-encoded. */
  readonly route: Name;
  /** What it is for, in one sentence. */
  readonly about: string;
  readonly caller: By;
  readonly query?: Query;
  readonly body?: Body;
  /** Without one there is no content: 204. */
  readonly answer?: Answer;
  readonly handler: (
    parts: Parts,
    asked: Asked<Name, Query, Body>,
  ) => Promise<Answer extends z.ZodType ? z.output<Answer> : void>;
}

/** Any route, to look at or to serve; `handler` takes what is `held` by its own schemas. */
export interface AnyRoute {
  readonly route: string;
  readonly about: string;
  readonly caller: Caller;
  readonly query?: Schema;
  readonly body?: Schema;
  readonly answer?: Schema;
  readonly handler: (parts: never, asked: never) => Promise<unknown>;
}

/** Says a route whose handler is answered from these parts; a part of the path that has no schema does not compile. */
export function routeOver<Parts>() {
  return <
    const Name extends string,
    const By extends Caller,
    Query extends Schema = undefined,
    Body extends Schema = undefined,
    Answer extends Schema = undefined,
  >(
    route: PartNames<Name> extends keyof typeof pathParts ? Name : never,
    entry: Omit<Route<Parts, Name, By, Query, Body, Answer>, "route">,
  ): Route<Parts, Name, By, Query, Body, Answer> => ({ route, ...entry });
}

/** Serves a route: what it answers is sent as JSON. */
export function serve<Parts>(app: Api, route: AnyRoute, parts: Parts): void {
  const [method = "", path = ""] = route.route.split(" ");
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as keyof typeof pathParts);
  const handler = route.handler as (parts: Parts, asked: Asked<string, Schema, Schema>) => Promise<unknown>;
  app.on(method, path.replaceAll(/\{(\w+)\}/g, ":$1"), async (request) => {
    const { req } = request;
    const { as, principal } = request.get("signer");
    checkCaller(route, as, req.header(TASK_TOKEN_HEADER));
    const answer = await handler(parts, {
      path: Object.fromEntries(names.map((name) => [name, held<unknown>(req.param(name), pathParts[name], name)])),
      query: route.query && held(req.query(), route.query, "query"),
      body: route.body && held(await jsonOf(req), route.body, "body"),
      token: req.header(TASK_TOKEN_HEADER),
      principal,
    });
    return answer === undefined ? request.body(null, 204) : request.json(answer as object);
  });
}

/** Throws MillraceError `caller.refused`, `token.invalid`. */
function checkCaller({ route, caller }: AnyRoute, as: Caller, token: string | undefined): void {
  if (CALLERS.indexOf(as) > CALLERS.indexOf(caller))
    throw new MillraceError("caller.refused", `${route} is not for ${as === "task" ? "tasks" : "attempts of tasks"}`);
  if (caller === "attempt" && token === undefined)
    throw new MillraceError("token.invalid", `${route} is for the attempt of a task, and no token was shown`);
}

/** No request is longer: AWS Lambda takes 6 MB of a synchronous invocation. */
const MAX_REQUEST_BYTES = 6 * 1024 * 1024;

/** Arrays and objects in one another: what looks at a value by recursion has room for so many, with much to spare. */
const MAX_JSON_DEPTH = 256;

/** Throws MillraceError `request.tooLarge`, `request.invalid`. */
async function jsonOf(request: Context["req"]): Promise<unknown> {
  const announced = Number(request.header("content-length") ?? 0);
  const bytes = announced > MAX_REQUEST_BYTES ? undefined : await request.arrayBuffer();
  if (bytes === undefined || bytes.byteLength > MAX_REQUEST_BYTES)
    throw new MillraceError("request.tooLarge", `A request has at most ${MAX_REQUEST_BYTES} bytes`);
  if (isDeeperThan(MAX_JSON_DEPTH, new Uint8Array(bytes)))
    throw new MillraceError("request.invalid", `The request's body is nested deeper than ${MAX_JSON_DEPTH} levels`);
  try {
    return bytes.byteLength === 0 ? {} : JSON.parse(Buffer.from(bytes).toString());
  } catch {
    throw new MillraceError("request.invalid", "The request's body is no JSON");
  }
}

function held<T>(value: unknown, schema: z.ZodType<T>, what: string): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const problems = error.issues.slice(0, 3).map(({ path, message }) => `${[what, ...path].join(".")}: ${message}`);
  throw new MillraceError("request.invalid", problems.join("; "), {
    hint: "Use the version of millrace that the account has.",
  });
}
