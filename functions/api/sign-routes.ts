import { signAll } from "./references.ts";
import { routeOver } from "./route.ts";
import { signForTaskRequest, signRequestSchema, signResponse } from "./sign-schemas.ts";
import { signForTask, type TaskCalls } from "./task-calls.ts";

const route = routeOver<Pick<TaskCalls, "blobs" | "signer" | "keys" | "now" | "ledger">>();

/** URLs: for readers and engines on people's machines, and for tasks. */
export const signRoutes = {
  sign: route("POST /artifacts/sign", {
    about: "URLs to read and write blobs by.",
    caller: "person",
    body: signRequestSchema,
    answer: signResponse,
    handler: (parts, { body }) => signAll(parts, body.reads, body.writes),
  }),
  signForTask: route("POST /runs/{flow}/{run}/tasks/sign", {
    about: "URLs for what an attempt may read and leaves.",
    caller: "attempt",
    body: signForTaskRequest,
    answer: signResponse,
    handler: (parts, { path, token, body }) => signForTask(parts, { run: path, token }, body),
  }),
};
