import type { z } from "zod";
import type { Caller, PartNames } from "./route.ts";
import type { routes } from "./routes.ts";

/**
 * The HTTP API as those see it who call it: types alone, read from the routes, so that neither Hono nor zod comes with them.
 * A route is called by its `METHOD /path/{part}`, and one that there is not does not compile. Every request is signed by AWS
 * Signature Version 4 for the service `execute-api`. What goes wrong is answered as a problem (problem.ts).
 */
type Routes = (typeof routes)[keyof typeof routes];
export type RouteName = Routes["route"];
/** The routes of those who may call so. */
export type RouteNameFor<By extends Caller> = Extract<Routes, { readonly caller: By }>["route"];
type Named<Name extends RouteName> = Extract<Routes, { readonly route: Name }>;
type Inferred<Schema> = [NonNullable<Schema>] extends [never]
  ? undefined
  : NonNullable<Schema> extends z.ZodType
    ? z.output<NonNullable<Schema>>
    : undefined;

/** What takes the place of the `{…}` in its path. */
export type PathOf<Name extends RouteName> = { readonly [Part in PartNames<Name>]: string | number };
export type QueryOf<Name extends RouteName> = Inferred<Named<Name>["query"]>;
export type BodyOf<Name extends RouteName> = Inferred<Named<Name>["body"]>;
export type AnswerOf<Name extends RouteName> = Inferred<Named<Name>["answer"]>;

export { TASK_TOKEN_HEADER } from "./token-header.ts";
export type { DefineJobsResponse, FlowDescription, RegisterFlowRequest, RegisterFlowResponse } from "./flow-schemas.ts";
export type { FinishRunRequest, AnswerMachineRequest, OwnRun, TriggerRun } from "./run-schemas.ts";
export type { SignForTaskRequest, SignResponse } from "./sign-schemas.ts";
export type {
  FinishTaskRequest,
  LeftBlob,
  Readable,
  ReadBranchesRequest,
  ReadBranchesResponse,
  StartedTask,
  StartTaskRequest,
  StartTaskResponse,
} from "./task-schemas.ts";
