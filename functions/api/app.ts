import { Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { MillraceError } from "../../graph/errors.ts";
import { addFlowRoutes, type FlowParts } from "./flow-routes.ts";
import { problemOf, PROBLEM_TYPE } from "./problem.ts";
import type { Api, ApiEnv } from "./route.ts";
import { addRunRoutes } from "./run-routes.ts";
import { addSignRoutes } from "./sign-routes.ts";
import type { TaskCalls } from "./task-calls.ts";
import { addTaskRoutes } from "./task-routes.ts";
import type { Starting } from "../runs/trigger.ts";

/** What the API's routes are answered from: ports alone. A part that is not there has no routes. */
export interface ApiParts {
  readonly flows?: FlowParts;
  readonly runs?: Starting;
  readonly tasks?: TaskCalls;
  readonly signing?: Pick<TaskCalls, "blobs" | "signer" | "key" | "now">;
  /** Who signed the request, from what the server binds to it (in Lambda the event). */
  readonly principalOf?: (bindings: unknown) => string | undefined;
  /** Told of every failure that is no user's mistake. */
  readonly onFailure?: (error: unknown) => void;
}

/** The HTTP API: the same app behind API Gateway and behind a server on one's own machine. */
export function createApp({ flows, runs, tasks, signing, principalOf, onFailure }: ApiParts): Api {
  const app = new Hono<ApiEnv>();
  app.use(async (request, next) => {
    const principal = principalOf?.(request.env);
    if (principal !== undefined) request.set("principal", principal);
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
      mend: "Use the version of millrace that the account has.",
    });
  });
  if (flows) addFlowRoutes(app, flows);
  if (runs) addRunRoutes(app, runs);
  if (tasks) addTaskRoutes(app, tasks);
  if (signing) addSignRoutes(app, signing);
  return app;
}
