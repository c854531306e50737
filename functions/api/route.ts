import type { Context, Hono } from "hono";
import type { z } from "zod";
import { MillraceError } from "../../graph/errors.ts";

/** What the app is told of a request besides the request: who signed it, where that is known. */
export interface ApiEnv {
  Variables: { principal?: string };
}
export type Api = Hono<ApiEnv>;
export type Request = Context<ApiEnv>;

/** No request is longer: AWS Lambda takes 6 MB of a synchronous invocation. */
const MAX_REQUEST_BYTES = 6 * 1024 * 1024;

/** Puts a handler at one of contract.ts's routes, `METHOD /path/{part}`; what it answers is sent as JSON. */
export function on(app: Api, route: string, handler: (request: Request) => Promise<unknown>): void {
  const [method = "", path = ""] = route.split(" ");
  app.on(method, path.replaceAll(/\{(\w+)\}/g, ":$1"), async (request) => {
    const answer = await handler(request);
    return answer === undefined ? request.body(null, 204) : request.json(answer as object);
  });
}

/** The body as the schema has it. Throws MillraceError `request.tooLarge`, `request.invalid`. */
export async function bodyOf<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const told = Number(request.req.header("content-length") ?? 0);
  const bytes = told > MAX_REQUEST_BYTES ? undefined : await request.req.arrayBuffer();
  if (bytes === undefined || bytes.byteLength > MAX_REQUEST_BYTES)
    throw new MillraceError("request.tooLarge", `A request has at most ${MAX_REQUEST_BYTES} bytes`);
  let json: unknown;
  try {
    json = bytes.byteLength === 0 ? {} : JSON.parse(Buffer.from(bytes).toString());
  } catch {
    throw new MillraceError("request.invalid", "The request's body is no JSON");
  }
  return held(json, schema, "body");
}

export function queryOf<T>(request: Request, schema: z.ZodType<T>): T {
  return held(request.req.query(), schema, "query");
}

/** A part of the path, as the schema has it. */
export function partOf<T>(request: Request, name: string, schema: z.ZodType<T>): T {
  return held(request.req.param(name), schema, name);
}

function held<T>(value: unknown, schema: z.ZodType<T>, what: string): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const told = error.issues.slice(0, 3).map(({ path, message }) => `${[what, ...path].join(".")}: ${message}`);
  throw new MillraceError("request.invalid", told.join("; "), {
    mend: "Use the version of millrace that the account has.",
  });
}
