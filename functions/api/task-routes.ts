import { TASK_ROUTES, TASK_TOKEN_HEADER } from "./contract.ts";
import { bodyOf, on, type Api, type Request } from "./route.ts";
import { runKey } from "./run-routes.ts";
import * as schemas from "./schemas.ts";
import { finishTask, heartbeatTask, readBranches, signForTask, startTask, type TaskCalls } from "./task-calls.ts";

/** What a task's own process calls. */
export function addTaskRoutes(app: Api, calls: TaskCalls): void {
  on(app, TASK_ROUTES.startTask, async (request) =>
    startTask(calls, runKey(request), await bodyOf(request, schemas.startTask)),
  );
  on(app, TASK_ROUTES.readBranches, async (request) => {
    const { from } = await bodyOf(request, schemas.readBranches);
    return readBranches(calls, runKey(request), tokenOf(request), from);
  });
  on(app, TASK_ROUTES.heartbeatTask, (request) => heartbeatTask(calls, runKey(request), tokenOf(request)));
  on(app, TASK_ROUTES.finishTask, async (request) =>
    finishTask(calls, runKey(request), tokenOf(request), await bodyOf(request, schemas.finishTask)),
  );
}

/** What a task's own process asks of the function that signs. */
export function addTaskSignRoute(app: Api, calls: Pick<TaskCalls, "blobs" | "signer" | "key" | "now">): void {
  on(app, TASK_ROUTES.signForTask, async (request) =>
    signForTask(calls, runKey(request), tokenOf(request), await bodyOf(request, schemas.signForTask)),
  );
}

function tokenOf(request: Request): string | undefined {
  return request.req.header(TASK_TOKEN_HEADER);
}
