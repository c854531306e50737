import { Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { MillraceError } from "../../graph/errors.ts";
import { problemOf, PROBLEM_TYPE } from "./problem.ts";
import { serve, type AnyRoute, type Api, type ApiEnv, type RequestSigner } from "./route.ts";
import { routesByFunction } from "./routes.ts";

type ByFunction = typeof routesByFunction;
type PartsOf<Routes> = {
  [Id in keyof Routes]: Routes[Id] extends { handler: (parts: infer Parts, asked: never) => unknown } ? Parts : never;
}[keyof Routes];

/** What the API's routes are answered from: ports alone. A function's routes are served where its parts are there. */
export type ApiParts = { readonly [Name in keyof ByFunction]?: PartsOf<ByFunction[Name]> } & ApiOptions;

interface ApiOptions {
  /** Who signed the request, from what the server binds to it (in Lambda the event). */
  readonly signerOf: (bindings: unknown) => RequestSigner;
  /** Told of every failure that is no user's mistake. */
  readonly onFailure?: (error: unknown) => void;
}

/** The HTTP API: the same app behind API Gateway and behind a server on one's own machine. */
export function createApp({ signerOf, onFailure, ...parts }: ApiParts): Api {
  const app = new Hono<ApiEnv>();
  app.use(async (request, next) => {
    request.set("signer", signerOf(request.env));
    await next();
    // Answers hold tokens and signed URLs.
    request.header("cache-control", "no-store");
  });
  app.onError((error, request) => {
    if (!(error instanceof MillraceError)) onFailure?.(error);
    const problem = problemOf(error);
    return request.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
      "content-type": PROBLEM_TYPE,
      "cache-control": "no-store",
    });
  });
  app.notFound(() => {
    throw new MillraceError("route.unknown", "There is no such route", {
      hint: "Use the version of millrace that the account has.",
    });
  });
  for (const [name, routes] of Object.entries<Readonly<Record<string, AnyRoute>>>(routesByFunction)) {
    const own = parts[name as keyof ByFunction];
    if (own) for (const route of Object.values(routes)) serve(app, route, own);
  }
  return app;
}
