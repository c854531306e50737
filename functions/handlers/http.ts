import { handle } from "hono/aws-lambda";
import { createApp, type ApiParts } from "../api/app.ts";
import type { RequestSigner } from "../api/route.ts";

/** The handler of a function behind the HTTP API. */
export function handleHttp(parts: Omit<ApiParts, "signerOf" | "onFailure">) {
  const app = createApp({ ...parts, signerOf, onFailure: (error) => console.error(error) });
  return handle(app);
}

/** Whose signature it was, as API Gateway says: a user's ARN, or that of a role's session. */
function signerOf(bindings: unknown): RequestSigner {
  type Bound = { event?: { requestContext?: { authorizer?: { iam?: { userArn?: string } } } } };
  return { as: "person", principal: (bindings as Bound | undefined)?.event?.requestContext?.authorizer?.iam?.userArn };
}
