import { flowRoutes } from "./flow-routes.ts";
import { runRoutes } from "./run-routes.ts";
import { signRoutes } from "./sign-routes.ts";
import { taskRoutes } from "./task-routes.ts";

/** Every route of the HTTP API, by the function of serverless.yml that serves it. */
export const routesByFunction = { register: flowRoutes, runs: runRoutes, tasks: taskRoutes, sign: signRoutes };

/** Every route by its name, which is its operation's in the OpenAPI document. */
export const routes = { ...flowRoutes, ...runRoutes, ...taskRoutes, ...signRoutes };
