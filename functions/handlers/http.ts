import { handle } from "hono/aws-lambda";
import { createApp, type ApiParts } from "../api/app.ts";
import { isOfRole, principalOf } from "./principal.ts";
import type { RequestSigner } from "../api/route.ts";

/** The handler of a function behind the HTTP API. */
export function handleHttp(parts: Omit<ApiParts, "signerOf" | "onFailure">) {
  const app = createApp({ ...parts, signerOf, onFailure: (error) => console.error(error) });
  return handle(app);
}

/** The roles that steps' code has: no route for people is open to them, whatever else they were given. */
const TASK_ROLES = (process.env["MILLRACE_TASK_ROLES"] ?? "").split(" ");

/** Whose signature it was, as API Gateway says: a user's ARN, or that of a role's session. */
function signerOf(bindings: unknown): RequestSigner {
  type Bound = { event?: { requestContext?: { authorizer?: { iam?: { userArn?: string } } } } };
  const arn = (bindings as Bound | undefined)?.event?.requestContext?.authorizer?.iam?.userArn;
  return { as: isOfRole(arn, TASK_ROLES) ? "task" : "person", principal: principalOf(arn) };
}
