import { ROUTES } from "./contract.ts";
import { signAll } from "./references.ts";
import { bodyOf, on, type Api } from "./route.ts";
import * as schemas from "./schemas.ts";
import type { TaskCalls } from "./task-calls.ts";
import { addTaskSignRoute } from "./task-routes.ts";

/** URLs: for readers and engines on people's machines, and for tasks. */
export function addSignRoutes(app: Api, parts: Pick<TaskCalls, "blobs" | "signer" | "key" | "now">): void {
  on(app, ROUTES.sign, async (request) => {
    const { reads, writes } = await bodyOf(request, schemas.sign);
    return signAll(parts, reads, writes);
  });
  addTaskSignRoute(app, parts);
}
