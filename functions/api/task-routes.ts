import { routeOver } from "./route.ts";
import { alive } from "./schemas.ts";
import { finishTask, heartbeatTask, readBranches, startTask, type TaskCalls } from "./task-calls.ts";
import {
  finishTaskRequest,
  finishTaskResponse,
  readBranchesRequest,
  readBranchesResponse,
  startTaskRequest,
  startTaskResponse,
} from "./task-schemas.ts";

const route = routeOver<TaskCalls>();

/** What a task's own process calls. */
export const taskRoutes = {
  startTask: route("POST /runs/{flow}/{run}/tasks/start", {
    about: "Begins an attempt of a task.",
    caller: "task",
    body: startTaskRequest,
    answer: startTaskResponse,
    handler: (calls, { path, body }) => startTask(calls, path, body),
  }),
  readBranches: route("POST /runs/{flow}/{run}/tasks/branches", {
    about: "More of the branches that a join joins.",
    caller: "attempt",
    body: readBranchesRequest,
    answer: readBranchesResponse,
    handler: (calls, { path, token, body }) => readBranches(calls, { run: path, token }, body.from),
  }),
  heartbeatTask: route("POST /runs/{flow}/{run}/tasks/heartbeat", {
    about: "Says that an attempt is alive.",
    caller: "attempt",
    answer: alive,
    handler: (calls, { path, token }) => heartbeatTask(calls, { run: path, token }),
  }),
  finishTask: route("POST /runs/{flow}/{run}/tasks/finish", {
    about: "Ends an attempt.",
    caller: "attempt",
    body: finishTaskRequest,
    answer: finishTaskResponse,
    handler: (calls, { path, token, body }) => finishTask(calls, { run: path, token }, body),
  }),
};
