import type { Schedules } from "../../aws/scheduler/schedules.ts";
import { serve, type ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createApp } from "../../functions/api/app.ts";
import { graphCache } from "../../functions/api/graph-cache.ts";
import { openMemoryRegistry } from "../../store/registry/memory-registry.ts";
import { fixedKey } from "../../aws/s3/signing-keys.ts";
import { MillraceError } from "../../graph/errors.ts";
import { offlineResources } from "../../statemachines/resources.ts";
import { userName } from "../../sdk/client/user-name.ts";
import type { Store } from "../home.ts";
import { blobUrls } from "./blob-urls.ts";
import { Executions } from "./executions.ts";
import { claimStore } from "./sole-server.ts";
import { isSignedWith } from "./verify-request.ts";
import { serverFile, writeServedStore } from "../../store/home/server-file.ts";
import { problemOf, PROBLEM_TYPE } from "../../functions/api/problem.ts";
import type { RequestSigner } from "../../functions/api/route.ts";
import { TASK_TOKEN_HEADER } from "../../functions/api/token-header.ts";

export interface ServerOptions {
  /** 0: a free one. */
  readonly port: number;
  /** How many tasks run at the same time at most, of each run; as many as there are processors unless given. */
  readonly maxWorkers?: number;
  /** Gets each error that is no caller's fault. */
  readonly onFailure: (error: unknown) => void;
  /** Called with each flow that is deployed with schedules, which start nothing here. */
  readonly onSchedules: (flow: string, expressions: readonly string[]) => void;
}

export interface LocalServer {
  readonly url: string;
  /** Stops the runs that it carries out, and listening. */
  close(): Promise<void>;
}

/** Nothing here goes by the clock: whoever deploys a flow hears of it. */
function noSchedules(onSchedules: ServerOptions["onSchedules"]): Schedules {
  return {
    namesOf: () => [],
    async keep(flow, { schedules }) {
      const expressions = schedules.map(({ expression }) => expression);
      if (expressions.length > 0) onSchedules(flow, expressions);
    },
  };
}

/**
 * Serves the HTTP API of an account on this machine, over the store that `millrace run` keeps: flows are deployed to it,
 * triggered and read as in an account. Which flows are deployed it knows as long as it lives. Throws MillraceError
 * `server.port`, `server.running`.
 */
export async function openServer(
  store: Store,
  { port, onFailure, onSchedules, ...options }: ServerOptions,
): Promise<LocalServer> {
  const giveBack = claimStore(store.home);
  const key = randomBytes(32);
  const secret = randomBytes(32).toString("base64url");
  let url = "";
  const signer = blobUrls(store.blobs, key, () => url);
  const { ledger, blobs, home } = store;
  const common = { ledger, blobs, registry: openMemoryRegistry(), lineageOf: graphCache(blobs), now: Date.now };
  const calls = { ...common, signer, keys: fixedKey(key) };
  const machines: Executions = new Executions({
    ...options,
    store,
    calls,
    ending: () => ({ ...common, machines }),
    url: () => url,
    onFailure,
  });
  const api = createApp({
    register: {
      ...common,
      signer,
      machines,
      schedules: noSchedules(onSchedules),
      ...ONE_KIND_OF_JOB,
      storeRanges: async () => {},
      stepsStay: true,
    },
    runs: { ...common, machines },
    tasks: calls,
    sign: calls,
    signerOf: (bindings) => bindings as RequestSigner,
    onFailure,
  });
  const app = new Hono();
  app.all("/blobs/:hash", ({ req }) => signer.answer(req.raw));
  app.all("*", async ({ req }) => {
    const { host } = new URL(req.url);
    // A web page can't call this server by a name that it had pointed at this machine.
    if (!url.endsWith(`//${host}`)) return new Response('{"message":"Forbidden"}', { status: 403 });
    const signer = await signerOf(req.raw, secret);
    return signer ? api.fetch(req.raw, signer) : notSigned(home);
  });
  await endForsakenRuns(store);
  const server = await listen(app, port).catch((error: unknown) => (giveBack(), Promise.reject(error)));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const forget = writeServedStore(home, { url, secret });
  return {
    url,
    async close() {
      await machines.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      forget();
      giveBack();
    },
  };
}

const { queues } = offlineResources;

/** Every step is a process of this machine, whatever it asks for. */
const ONE_KIND_OF_JOB = {
  jobs: { put: async () => offlineResources.jobDefinition.default, remove: async () => {} },
  runners: { put: async () => offlineResources.runner.default, keep: async () => {} },
  resources: { ...offlineResources, queues: { ...queues, ec2: queues.onDemand, gpu: queues.onDemand } },
};

/** Throws MillraceError `server.port`. */
async function listen(app: Hono, port: number): Promise<ServerType> {
  const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" });
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === "EADDRINUSE" || cause.code === "EACCES"
          ? new MillraceError("server.port", `port ${port} can't be used (${cause.code})`, {
              hint: "Give another with --port; 0 is a free one.",
              cause,
            })
          : cause,
      ),
    );
  });
  return server;
}

/** Who asks: this user, who can read the secret; or a task's process, which shows the token of its attempt. */
async function signerOf(request: Request, secret: string): Promise<RequestSigner | undefined> {
  if (await isSignedWith(secret, request, Date.now())) return { as: "person", principal: userName() };
  return request.headers.has(TASK_TOKEN_HEADER) ? { as: "attempt" } : undefined;
}

function notSigned(home: string): Response {
  const error = new MillraceError("server.secret", `the request is not signed with the secret of the store ${home}`, {
    hint: `Work in the folder of that store or with MILLRACE_HOME=${home}, as the user who serves it; or set MILLRACE_SERVICE_SECRET to the "secret" in ${serverFile(home)}.`,
  });
  const headers = { "content-type": PROBLEM_TYPE };
  return new Response(JSON.stringify(problemOf(error)), { status: 403, headers });
}

/** Ends the runs of a server that was killed. */
async function endForsakenRuns({ ledger }: Store): Promise<void> {
  const { items } = await ledger.listRuns({ status: "running", limit: 1000 });
  const error = { name: "Lost", message: "the server that carried it out was killed" };
  for (const run of items.filter(({ owner }) => owner === undefined)) {
    const at = Date.now();
    await ledger.endRunningAttempts(run, { status: "failed", at, error });
    await ledger.updateRun(run, { status: "failed", finishedAt: at, error }, "running");
  }
}
